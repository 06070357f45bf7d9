"""Reading files that others named: regular ones, of a bounded size."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of ``path``, which nothing can make wait: a FIFO or a device is no regular file.

    Raises OSError, and ValueError where it is not a regular file or has more than ``most`` bytes.
    """
    with open(path, "rb", opener=_without_waiting) as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError("not a regular file")
        if facts.st_size > most:
            raise ValueError(f"larger than {most} bytes")
        return stream.read()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
