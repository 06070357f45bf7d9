"""Threads that pass frames on through bounded queues.

``prefetch`` runs a producer in a thread, ``consumer`` a consumer, which may put into the queue of
another one. An error in a thread is raised again in the thread that opened its context, and the
thread is always joined when the context ends.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from vidfx.types import VideoInfo

T = TypeVar("T")
_END = object()
_POLL_S = 0.1
QUEUE_BYTES = 96 << 20
"""Of planes."""


def queue_length(info: VideoInfo, chunk: int = 8) -> int:
    """How many frames may wait between two threads: two chunks, if memory allows.

    With less than a chunk one thread would always wait for the other.
    """
    return max(2, min(2 * chunk, QUEUE_BYTES // (info.width * info.height * 3 // 2)))


class StoppedError(Exception):
    """The thread at the other end of the queue has stopped."""


class BoundedQueue(Generic[T]):
    """A bounded queue between two threads.

    Once ``stop`` is set, ``put``, ``end`` and iteration raise StoppedError.
    """

    def __init__(self, size: int, stop: threading.Event) -> None:
        self._queue: queue.Queue[object] = queue.Queue(size)
        self._stop = stop

    def put(self, item: T) -> None:
        """Add an item; waits while the queue is full."""
        self._put(item)

    def end(self) -> None:
        """No more items follow: iteration ends after those that were put."""
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


class _QueueThread(threading.Thread):
    """Runs ``work``; when it fails, or stops early, sets ``stop`` and keeps the error."""

    def __init__(self, name: str, work: Callable[[], None], stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._stop_queue = stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except StoppedError:  # of this queue, or of another one that the work puts into
            self._stop_queue.set()
        except BaseException as error:  # noqa: BLE001 - raised again in the other thread
            self.error = error
            self._stop_queue.set()

    def stop(self) -> BaseException | None:
        """Stop both ends of the queue and join the thread; returns its error."""
        self._stop_queue.set()
        with uninterrupted():
            if self.ident is not None:
                self.join()
        return self.error


@contextmanager
def prefetch(name: str, items: Iterable[T], size: int) -> Generator[Iterable[T]]:
    """``items``, produced in a thread that is at most ``size`` items ahead.

    Errors of ``items`` are raised again here, and the thread is joined when the context ends.
    """
    stop = threading.Event()
    bounded = BoundedQueue[T](size, stop)

    def produce() -> None:
        for item in items:
            bounded.put(item)
        bounded.end()

    thread = _QueueThread(name, produce, stop)
    try:
        thread.start()
        yield bounded
    except StoppedError as stopped:
        raise thread.stop() or stopped from None
    finally:
        thread.stop()


@contextmanager
def consumer(
    name: str, consume: Callable[[Iterable[T]], None], size: int
) -> Generator[BoundedQueue[T]]:
    """A queue whose items ``consume`` takes in a thread that is at most ``size`` items behind.

    A normal end of the context waits until all items are consumed. Errors of ``consume`` are raised
    again here, and the thread is joined when the context ends.
    """
    stop = threading.Event()
    bounded = BoundedQueue[T](size, stop)
    thread = _QueueThread(name, lambda: consume(bounded), stop)
    try:
        thread.start()
        yield bounded
        bounded.end()
        thread.join()
        if thread.error is not None:
            raise thread.error
    except StoppedError as stopped:
        raise thread.stop() or stopped from None
    finally:
        thread.stop()


@contextmanager
def uninterrupted() -> Generator[None]:
    """Ignore Ctrl-C and SIGTERM for a short step that must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
