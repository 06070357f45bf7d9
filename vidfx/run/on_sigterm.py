"""What SIGTERM does to a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def on_sigterm(stop: Callable[[], None]) -> Generator[None]:
    """In the main thread, SIGTERM calls ``stop``. Ctrl-C ends the run at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(*_: object) -> None:
        stop()

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
