"""Plain tables on stdout, safe for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vidfx.notation import clean

LINES = 40


def write_line(text: str) -> None:
    """One line on stdout; a file's name in it cannot drive the terminal."""
    sys.stdout.write(clean(text).rstrip() + "\n")


def write_table(
    head: Sequence[str], rows: Sequence[Sequence[object]], foot: Sequence[object] | None = None
) -> None:
    """The first column to the left, numbers to the right; of many rows the first, a blank line."""
    shown = [list(map(str, row)) for row in (head, *rows[:LINES], *([foot] if foot else []))]
    if len(rows) > LINES:
        shown.insert(LINES + 1, [f"and {len(rows) - LINES} more", *[""] * (len(head) - 1)])
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for first, *others in shown:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        write_line("  ".join([f"{first:<{widths[0]}}", *cells]))
    write_line("")
