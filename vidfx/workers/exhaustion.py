"""Too few threads, processes or open files, or too little GPU memory: no video's fault."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import suppress

from vidfx.errors import UnavailableError

_NUMBERS = (errno.EAGAIN, errno.EMFILE, errno.ENFILE)
_TEXTS = (*map(os.strerror, _NUMBERS), "can't start new thread", "CUDA out of memory")
_THREADS, _FILES = 4, 16
"""Needed for any video."""


def resource_error(reason: object) -> UnavailableError:
    """The error that the user sees."""
    return UnavailableError(
        "this machine has too few processes, threads or open files, or too little GPU memory:"
        f" {reason}",
        hint="raise the limit (ulimit -u, ulimit -n, a container's pids limit), "
        "or give fewer --jobs and --threads",
    )


def suggests_exhaustion(error: BaseException) -> bool:
    """Whether ``error``, or a cause of it, suggests that the machine ran out of these."""
    return any(
        getattr(cause, "errno", None) in _NUMBERS or any(text in str(cause) for text in _TEXTS)
        for cause in _causes(error)
    )


def resources_exhausted() -> bool:
    """Whether not even a few threads and files can be opened right now."""
    enough = threading.Event()
    threads = [threading.Thread(target=enough.wait, daemon=True) for _ in range(_THREADS)]
    files: list[int] = []
    try:
        files += (os.open(os.devnull, os.O_RDONLY) for _ in range(_FILES))
        for thread in threads:
            thread.start()
    except (OSError, RuntimeError):
        return True
    finally:
        enough.set()
        for file in files:
            with suppress(OSError):
                os.close(file)
    return False


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
