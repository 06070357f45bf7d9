"""Threads that pass items on: in order, with their errors, and never left running."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from vidfx.annotation.threads import BoundedQueue, consumer, prefetch

COUNT = 200


class FaultError(Exception):
    """What a thread fails with."""


def numbers(fault: int | None = None) -> Iterable[int]:
    for number in range(COUNT):
        if number == fault:
            raise FaultError
        yield number


def run(fault_in: str = "", at: int = 0) -> list[int]:
    """Numbers through four threads; the thread ``fault_in`` fails at a number."""
    done: list[int] = []

    def check(thread: str, number: int) -> int:
        if thread == fault_in and number == at:
            raise FaultError
        return number

    def last(items: Iterable[int]) -> None:
        done.extend(check("last", number) for number in items)

    def middle(items: Iterable[int], out: BoundedQueue[int]) -> None:
        for number in items:
            out.put(check("middle", number))

    with (
        prefetch("first", numbers(at if fault_in == "first" else None), 3) as items,
        consumer("last", last, 2) as out,
        consumer("middle", lambda given: middle(given, out), 2) as given,
    ):
        for number in items:
            given.put(check("main", number))
    return done


def test_all_items_arrive_in_order() -> None:
    before = threading.active_count()
    assert run() == list(range(COUNT))
    assert threading.active_count() == before


@pytest.mark.parametrize("thread", ["first", "main", "middle", "last"])
@pytest.mark.parametrize("at", [0, 7, COUNT - 1])
def test_an_error_in_any_thread_is_raised_here_and_ends_all(thread: str, at: int) -> None:
    before = threading.active_count()
    with pytest.raises(FaultError):
        run(thread, at)
    assert threading.active_count() == before
