"""A text file that lists inputs, one path on each line."""

from __future__ import annotations

import re
from pathlib import Path

from vidfx.errors import NotMediaError
from vidfx_engines.files import read_regular

LIST_SUFFIXES = frozenset({".txt", ".lst"})
MOST_LIST_BYTES = 64 << 20


def read_list(path: Path) -> list[str]:
    """The paths as they are written there, without empty lines and those that begin with ``#``.

    Raises NotMediaError where there are none or it is no text, OSError.
    """
    try:
        lines = _lines(read_regular(path, MOST_LIST_BYTES))
    except ValueError as error:
        raise NotMediaError(
            f"{path}: not a list of paths: {error}",
            hint="give a text in UTF-8, a path on each line",
        ) from error
    names = [line.strip() for line in lines]
    names = [name for name in names if name and not name.startswith("#")]
    if not names:
        raise NotMediaError(f"{path}: lists no paths", hint="write one path on each line")
    return names


def _lines(content: bytes) -> list[str]:
    """A line that is not UTF-8 is a path of these very bytes.

    Raises ValueError for what is no text at all.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is UTF-16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in content:
            raise
        text = content.decode("utf-8-sig", "surrogateescape")
    return re.split(r"[\r\n]+", text)
