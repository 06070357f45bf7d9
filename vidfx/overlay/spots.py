"""Rectangles, and the places and the spots of labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vidfx.overlay.labels import LabelText, Percents


class Place(NamedTuple):
    """The point of the box and the point of the label that touch, in shares of their sides."""

    box_x: float
    box_y: float
    label_x: float
    label_y: float


Edges = tuple[int, int, int, int]
"of a Rect"


class Rect(NamedTuple):
    """Whole pixels, the right and lower edge not included."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def meets(self, others: Iterable[Edges]) -> bool:
        x0, y0, x1, y1 = self
        for left, top, right, bottom in others:
            if x0 < right and left < x1 and y0 < bottom and top < y1:
                return True
        return False


class Spot(NamedTuple):
    """A label that has a place."""

    level: int
    "of detail, 0 the most"
    place: Place
    text: LabelText
    percents: Percents
    rect: Rect
