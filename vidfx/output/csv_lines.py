"""Lines of CSV from columns of text and arrays of numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(4096)
def cell(text: str) -> str:
    """``text`` as a cell, quoted where it must be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([text, ""])
    return line.getvalue().removesuffix(",\n")


class Columns:
    """Columns of one length, added from left to right, and formatted row by row."""

    def __init__(self) -> None:
        self._values: list[Sequence[Any]] = []
        self._formats: list[str] = []
        self._finite: list[np.ndarray] = []
        "(N,) bool, of each column"

    def add_cells(self, cells: Sequence[str]) -> None:
        """Cells as ``cell`` makes them; each may have several, with commas between them."""
        self._values.append(cells)
        self._formats.append("%s")
        self._finite.append(np.ones((len(cells), 1), bool))

    def add_numbers(self, values: np.ndarray, digits: int) -> None:
        """(N, C) of C columns. NaN and infinities become empty cells."""
        self._values += values.T.tolist()
        self._formats += [f"%.{digits}f"] * values.shape[1]
        self._finite.append(np.isfinite(values))

    def lines(self) -> Iterator[str]:
        """The lines, with their ends."""
        finite = np.concatenate(self._finite, axis=1)
        kinds = [row.tobytes() for row in finite]
        formats = {kind: self._format(kind) for kind in set(kinds)}
        rows = zip(*self._values, strict=True)
        return (formats[kind] % row for kind, row in zip(kinds, rows, strict=True))

    def _format(self, finite: bytes) -> str:
        """That of a row in which these numbers are finite; others are left out by ``%.0s``."""
        pairs = zip(self._formats, finite, strict=True)
        return ",".join(text if shown else "%.0s" for text, shown in pairs) + "\n"
