"""Locks on open files. They end with their process, however that ends. POSIX systems have them."""

from __future__ import annotations

import errno
from typing import Any

try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None


def lock_file(file: int, *, shared: bool = False, wait: bool = False) -> None:
    """Lock a whole file or folder; with ``shared`` any number of processes may hold it together.

    Raises BlockingIOError where another process holds it, unless it is to ``wait``; OSError where
    there are no locks.
    """
    fcntl = _posix()
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)


def lock_byte(file: int, offset: int) -> None:
    """Lock one byte of a file, which need not be that long.

    Raises BlockingIOError or PermissionError where another process holds it, OSError where there
    are no locks.
    """
    fcntl = _posix()
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)


def unlock_byte(file: int, offset: int) -> None:
    fcntl = _posix()
    fcntl.lockf(file, fcntl.LOCK_UN, 1, offset)


def _posix() -> Any:
    """Raises OSError."""
    if _fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no POSIX file locks")
    return _fcntl
