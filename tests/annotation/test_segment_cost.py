"""How many segments are worth it, by cores, duration, memory and whether a video is written."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from vidfx.annotation.segments.cost import VideoCost, worthwhile

RATE = 30
LONG = VideoCost(cores=16, frames=3600 * RATE, warmup_frames=3 * RATE, megapixels=2.07, draws=True)


def with_seconds(cost: VideoCost, seconds: float) -> VideoCost:
    return replace(cost, frames=seconds * RATE)


@pytest.mark.parametrize(
    ("cores", "draws"),
    [(1, False), (2, False), (4, False), *((cores, True) for cores in (1, 2, 4, 8, 16))],
)
def test_few_cores_are_busy_with_one_piece(cores: int, draws: bool) -> None:
    assert worthwhile(replace(LONG, cores=cores, draws=draws), 100) == 1


def test_a_long_video_has_segments_for_the_cores_that_one_piece_leaves_idle() -> None:
    assert [worthwhile(replace(LONG, cores=c), 100) for c in (24, 32, 64)] == [5, 7, 13]
    rows = replace(LONG, draws=False)
    assert [worthwhile(replace(rows, cores=c), 100) for c in (8, 16, 32)] == [2, 4, 7]


def test_on_the_machine_of_docs_gpu_two_minutes_have_the_segments_that_were_fastest() -> None:
    cost = with_seconds(replace(LONG, draws=False), 120)
    assert worthwhile(cost, 100) == 4


def test_a_short_video_has_none() -> None:
    assert worthwhile(with_seconds(replace(LONG, cores=64), 10), 100) == 1
    assert worthwhile(replace(LONG, frames=0), 100) == 1


def test_memory_limits_them() -> None:
    cost = replace(LONG, cores=64)
    assert [worthwhile(cost, most) for most in (0, 1, 3, 4)] == [1, 1, 3, 4]


def test_by_the_model_segments_are_never_slower_than_one_piece() -> None:
    for cores, seconds, megapixels, draws in product(
        (1, 2, 3, 8, 12, 16, 24, 48, 96), (1, 10, 60, 600), (0.1, 0.9, 2.1, 8.3), (False, True)
    ):
        cost = VideoCost(cores, seconds * RATE, 3 * RATE, megapixels, draws)
        count = worthwhile(cost, 100)
        assert count == 1 or cost.in_segments(count) < 0.85 * cost.in_one_piece()
