"""How functions are called: here, one after the other, or in the threads of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Each(Protocol):
    """Applies a function to items; results in the order of the items. Raises its errors."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]: ...


def in_turn(function: Callable[[Any], R], items: Iterable[Any], /) -> Iterable[R]:
    """One after the other, in this thread."""
    return map(function, items)


def started(function: Callable[[], T], threads: Executor | None) -> Callable[[], T]:
    """Call ``function`` in one of the threads, or here and now; returns what waits for its result.

    An error of ``function`` is raised by what waits, or here.
    """
    if threads is not None:
        return threads.submit(function).result
    result = function()
    return lambda: result
