"""The rows of faces that `vidfx annotate` writes for clips, with some options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import PROGRAM, run
from vidfx.output.read_rows import Cell, read_rows

CORNERS = ("x1_px", "y1_px", "x2_px", "y2_px")
Box = tuple[float, ...]
Row = Mapping[str, Cell]
Rows = dict[str, list[Row]]
"""By the name of the file."""


def annotated(clips: Sequence[Path], options: Sequence[str], out: Path) -> Rows:
    """Annotate ``clips`` into the new folder ``out``, without videos."""
    out.mkdir()
    line = [*PROGRAM, "annotate", *(str(c.resolve()) for c in clips), "-o", str(out)]
    run(" ".join(options) or "default", [*line, "--no-video", "--quiet", *options], out)
    return {file.name: list(read_rows(file)) for file in sorted(out.rglob("*.faces.csv"))}


def corners(row: Row) -> Box:
    """xyxy."""
    return tuple(float(row[corner] or 0) for corner in CORNERS)
