"""The number of workers: by the engines' device, fewer after trouble, and more again."""

from __future__ import annotations

import os

import pytest

from vidfx.config import Settings
from vidfx.workers import memory, sizing
from vidfx.workers.sizing import ConcurrencyLimit, PoolSize
from vidfx_engines.cards import Card


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(sizing, "available_cores", lambda: 8)
    monkeypatch.setattr(memory, "available", lambda: 100 << 30)
    monkeypatch.setattr("vidfx.workers.sizing.visible_gpus", lambda: ())


@pytest.mark.usefixtures("eight_cores")
def test_a_worker_for_each_core() -> None:
    assert PoolSize.of(Settings(), 100).workers == 8
    assert PoolSize.of(Settings(), 100).threads == 1
    assert PoolSize.of(Settings(), 3).workers == 3
    assert PoolSize.of(Settings(), 3).threads == 2
    assert PoolSize.of(Settings(), 1).threads == 0
    assert PoolSize.of(Settings(jobs=5, threads=3), 100).threads == 3
    assert PoolSize.of(Settings(max_memory=2.9), 100).workers == 3


@pytest.mark.usefixtures("eight_cores")
def test_workers_with_cores_to_look_ahead_need_more_memory() -> None:
    """Two workers on eight cores have four each, three have two."""
    assert PoolSize.of(Settings(max_memory=2.7), 100).workers == 1
    assert PoolSize.of(Settings(max_memory=2.8), 2).workers == 2
    assert PoolSize.of(Settings(max_memory=2.7, threads=2), 100).workers == 2
    assert PoolSize.of(Settings(max_memory=0.5), 100).workers == 1


@pytest.mark.usefixtures("eight_cores")
def test_one_worker_of_a_container_takes_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "available_cores", lambda: 2)
    assert PoolSize.of(Settings(), 1).threads == 2


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("settings", "gpus", "device", "workers", "threads", "chosen"),
    [
        (Settings(), ("0", "1"), "cuda:0", 2, 4, ("0", "1")),
        (Settings(device="cuda"), ("0", "1"), "cuda:0", 2, 4, ("0", "1")),
        (Settings(), ("0", "1"), "cpu", 8, 1, ()),
        (Settings(device="cuda:1"), ("0", "1"), "cuda:1", 1, 0, ()),
        (Settings(device="cuda:1", jobs=3), ("0", "1"), "cuda:1", 3, 2, ()),
        (Settings(), (), "cuda:0", 1, 0, ()),
        (Settings(device="cpu"), ("0",), "cpu", 8, 1, ()),
    ],
)
def test_workers_are_counted_by_what_the_engines_run_on(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    gpus: tuple[str, ...],
    device: str,
    workers: int,
    threads: int,
    chosen: tuple[str, ...],
) -> None:
    monkeypatch.setattr("vidfx.workers.sizing.visible_gpus", lambda: gpus)
    size = PoolSize.of(settings, 100).on(device, settings, 100)
    assert (size.workers, size.threads, size.gpus) == (workers, threads, chosen)


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("names", "gpus", "cores", "workers"),
    [
        (("NVIDIA L4",), ("0",), 8, 4),
        (("NVIDIA L4",), ("0",), 4, 2),
        (("NVIDIA L4",), ("0",), 1, 1),
        (("NVIDIA H200",), ("0",), 16, 7),
        (("NVIDIA H200",) * 2, ("0", "1"), 16, 8),
        (("NVIDIA H200",) * 8, tuple("01234567"), 8, 8),
        (("NVIDIA GeForce RTX 4060",), ("0",), 16, 1),
    ],
)
def test_a_card_carries_as_many_videos_as_its_decoders_and_the_cores_beside_it(
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    gpus: tuple[str, ...],
    cores: int,
    workers: int,
) -> None:
    monkeypatch.setattr(sizing, "visible_gpus", lambda: gpus)
    monkeypatch.setattr(sizing, "cards", lambda: tuple(Card(name) for name in names))
    monkeypatch.setattr(sizing, "available_cores", lambda: cores)
    assert PoolSize.of(Settings(), 100).workers == workers
    assert PoolSize.of(Settings(jobs=3), 100).workers == 3
    assert PoolSize.of(Settings(), 1).workers == 1


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(("jobs", "workers"), [(3, 3), (4, 4), (6, 6), (7, 4), (8, 4)])
def test_a_last_round_of_few_videos_shares_decoders_with_the_first(
    monkeypatch: pytest.MonkeyPatch, jobs: int, workers: int
) -> None:
    """An L4 has four decoders."""
    monkeypatch.setattr(sizing, "cards", lambda: (Card("NVIDIA L4"),))
    monkeypatch.setattr(sizing, "available_cores", lambda: 16)
    monkeypatch.setattr("vidfx.workers.sizing.visible_gpus", lambda: ("0",))
    assert PoolSize.of(Settings(), jobs).workers == workers


def tried_after(slots: ConcurrencyLimit, most: int = 100) -> int:
    """How many videos are finished until one more is tried."""
    return next(n for n in range(1, most) if slots.finished())


def test_slots_come_back() -> None:
    slots = ConcurrencyLimit(4)
    slots.lose(3)
    slots.lose(2)
    assert slots.now == 2
    assert tried_after(slots) == 1 and slots.now == 3
    assert tried_after(slots) == 1 and slots.now == 4
    assert not any(slots.finished() for _ in range(20)) and slots.now == 4


def test_what_was_too_much_again_is_tried_later() -> None:
    slots = ConcurrencyLimit(2)
    waits: list[int] = []
    for _ in range(4):
        slots.lose(1)
        waits.append(tried_after(slots))
    assert waits == [1, 2, 4, 8]
    for _ in range(8):  # it went well for long
        slots.finished()
    slots.lose(1)
    assert tried_after(slots) < 8


def test_there_is_always_one() -> None:
    slots = ConcurrencyLimit(1)
    slots.lose(0)
    assert slots.now == 1 and not slots.finished()
