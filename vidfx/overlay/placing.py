"""Where a label of a given size can stand beside a box."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Side = Literal["above", "below", "right", "left", "inside"]
Align = Literal["centre", "start", "end"]


class Rect(NamedTuple):
    """Whole pixels, the right and lower edge not included."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    def grown(self, by: int) -> Rect:
        return Rect(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def meets(self, others: Iterable[Rect]) -> bool:
        x0, y0, x1, y1 = self
        return any(x0 < o[2] and o[0] < x1 and y0 < o[3] and o[1] < y1 for o in others)


class Anchor(NamedTuple):
    side: Side
    align: Align


OUTSIDE = (
    Anchor("above", "centre"),
    Anchor("above", "start"),
    Anchor("above", "end"),
    Anchor("below", "centre"),
    Anchor("below", "start"),
    Anchor("below", "end"),
    Anchor("right", "start"),
    Anchor("left", "start"),
    Anchor("right", "end"),
    Anchor("left", "end"),
)
INSIDE = (Anchor("inside", "centre"),)


def stand(
    anchor: Anchor,
    box: Rect,
    size: tuple[int, int],
    picture: tuple[int, int],
    *,
    gap: int,
    margin: int,
) -> Rect | None:
    """The label's rectangle at that side of the box, or None where the picture has no room.

    Along the side it slides to stay in the picture. ``gap`` is kept to the box, and ``margin``
    to the edges of the picture, both px.
    """
    width, height = size
    limits = (picture[0] - margin, picture[1] - margin)
    if width + margin > limits[0] or height + margin > limits[1]:
        return None
    if anchor.side in ("left", "right"):
        y = _along(anchor.align, box.y0, box.y1, height, (margin, limits[1]))
        x = box.x1 + gap if anchor.side == "right" else box.x0 - gap - width
    else:
        x = _along(anchor.align, box.x0, box.x1, width, (margin, limits[0]))
        y = {
            "above": box.y0 - gap - height,
            "below": box.y1 + gap,
            "inside": box.y1 - gap - height,
        }[anchor.side]
    if min(x, y) < margin or x + width > limits[0] or y + height > limits[1]:
        return None
    return Rect(x, y, x + width, y + height)


def _along(align: Align, start: int, end: int, length: int, limits: tuple[int, int]) -> int:
    where = {"start": start, "end": end - length, "centre": (start + end - length) // 2}[align]
    return min(max(where, limits[0]), limits[1] - length)
