"""Lines of text that commands write to stderr."""

from __future__ import annotations

import os
import sys

from vidfx.errors import VidfxError, error_line
from vidfx.notation import clean


def say(text: str) -> None:
    """Write a line to stderr."""
    _write(clean(text))


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def write_error(error: VidfxError) -> None:
    """Write the error's line to stderr, in red on a terminal."""
    line = clean(error_line(error))
    _write(f"\x1b[31m{line}\x1b[0m" if _has_colours() else line)


def _has_colours() -> bool:
    """Whether stderr is a terminal, of a user who did not set NO_COLOR."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")
