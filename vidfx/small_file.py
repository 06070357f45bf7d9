"""Text that a user wrote: settings, messages, lists."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_BYTES = 1 << 20


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The content of a small UTF-8 file. Raises OSError and ValueError, as ``read_bytes`` does."""
    try:
        return read_bytes(path, most_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text: {error}") from error


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """The content of a file.

    Raises OSError where it cannot be read, ValueError where it is too large or no regular file: a
    pipe would never end.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a regular file")
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"larger than {most_bytes >> 20} MB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # opening a pipe would wait for a writer
