"""An overlay and where it is in the planes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vidfx.overlay.drawing import Drawing, Stamp
from vidfx.overlay.yuv import Overlay


class PlacedOverlay(NamedTuple):
    """To be blended with its upper left corner at (x, y), both even."""

    overlay: Overlay
    x: int
    y: int
    stamp: Callable[[], Stamp]
    "returns that of the whole overlay"

    def drawing(self, row: int, rows: int) -> Drawing:
        """The part that is inside luma planes of ``row`` columns and ``rows`` rows."""
        overlay, x, y, stamp = self
        shown = overlay.part(max(-x, 0), max(-y, 0), row - x, rows - y)
        if shown.keep_y.size < overlay.keep_y.size:
            found, x, y = shown.stamp(row), max(x, 0), max(y, 0)
        else:
            found = stamp()
        height, width = shown.keep_y.shape
        chroma = row * rows + y // 2 * (row // 2) + x // 2
        begins = y * row + x, chroma, chroma + row * rows // 4
        return Drawing(found, begins, (x, y, x + width, y + height))
