"""Threads that hand frames on: bounded queues, errors that travel, an end that is always clean."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_END = object()
_POLL_S = 0.1


class StoppedError(Exception):
    """The other side is gone; there is no use in going on."""


class Lane(Generic[T]):
    """A bounded queue between two threads of one run.

    ``stop`` is shared by all lanes of the run: when it is set, both sides leave at once.
    """

    def __init__(self, size: int, stop: threading.Event) -> None:
        self._queue: queue.Queue[object] = queue.Queue(size)
        self._stop = stop

    def put(self, item: T) -> None:
        self._put(item)

    def end(self) -> None:
        self._put(_END)

    def _put(self, item: object) -> None:
        while True:
            if self._stop.is_set():
                raise StoppedError
            try:
                return self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue

    def __iter__(self) -> Iterator[T]:
        while True:
            if self._stop.is_set():
                raise StoppedError
            try:
                item = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if item is _END:
                return
            yield item  # pyright: ignore[reportReturnType]


class Worker(threading.Thread):
    """Runs one side of a lane; keeps its error for the thread that joins it."""

    def __init__(self, name: str, work: Callable[[], None], stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._stop_all = stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that joins
            self.error = error
            self._stop_all.set()


def feed(lane: Lane[T], items: Iterable[T]) -> None:
    """Put all items in the lane and end it."""
    for item in items:
        lane.put(item)
    lane.end()
