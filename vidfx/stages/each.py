"""How a function is applied to each of several items: in turn, or in the threads of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Each(Protocol):
    """Applies a function to items; results in the order of the items. Raises its errors."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]: ...


def in_turn(function: Callable[[Any], R], items: Iterable[Any], /) -> Iterable[R]:
    """One after the other, in this thread."""
    return map(function, items)
