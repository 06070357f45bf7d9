"""Threads that hand frames on: bounded queues, errors that travel, an end that is always clean."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
_END = object()
_POLL_S = 0.1


class StoppedError(Exception):
    """The other side is gone; there is no use in going on."""


class BoundedQueue(Generic[T]):
    """A bounded queue between two threads; when ``stop`` is set, both leave at once."""

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


class _Worker(threading.Thread):
    """Runs one side of a lane; keeps its error for the thread that leaves it."""

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
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that leaves
            self.error = error
            self._stop_all.set()

    def end(self) -> BaseException | None:
        """Wait until it has gone; what went wrong with it."""
        self._stop_all.set()
        with uninterrupted():
            if self.ident is not None:
                self.join()
        return self.error


@contextmanager
def prefetch(name: str, items: Iterable[T], size: int) -> Generator[Iterable[T]]:
    """``items``, made in a thread of their own, at most ``size`` ahead of who takes them."""
    stop = threading.Event()
    lane = BoundedQueue[T](size, stop)

    def feed() -> None:
        for item in items:
            lane.put(item)
        lane.end()

    worker = _Worker(name, feed, stop)
    try:
        worker.start()
        yield lane
    except StoppedError as stopped:
        raise worker.end() or stopped from None
    finally:
        worker.end()


@contextmanager
def consumer(
    name: str, use: Callable[[Iterable[T]], None], size: int
) -> Generator[BoundedQueue[T]]:
    """A lane whose items a thread of its own uses, at most ``size`` behind who puts them there."""
    stop = threading.Event()
    lane = BoundedQueue[T](size, stop)
    worker = _Worker(name, lambda: use(lane), stop)
    try:
        worker.start()
        yield lane
        lane.end()
        worker.join()
        if worker.error is not None:
            raise worker.error
    except StoppedError as stopped:
        raise worker.end() or stopped from None
    finally:
        worker.end()


@contextmanager
def uninterrupted() -> Generator[None]:
    """Ignore Ctrl-C for the moment that it takes to leave what a first one has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
