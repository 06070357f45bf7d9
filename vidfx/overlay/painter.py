"""Draws boxes and labels of faces onto I420 planes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from vidfx.overlay.boxes import Boxes
from vidfx.overlay.colours import Colours
from vidfx.overlay.drawing import Drawing, steps
from vidfx.overlay.faces import Faces, PlacedFace
from vidfx.overlay.font import Font
from vidfx.overlay.label_pictures import LabelPictures
from vidfx.overlay.labels import FULL, SHORT, FaceLabel
from vidfx.overlay.layout import Layout
from vidfx.overlay.looks import DEFAULT_LOOKS, Looks
from vidfx.overlay.spots import Spot
from vidfx.overlay.text_sizes import TextSizes
from vidfx.overlay.yuv import YuvPlanes
from vidfx.types import SQUARE, Stretch

THIN = 0.6
MOST = {"default": FULL, "boxes": None, "minimal": SHORT, "none": None}
"detail of labels, by style"


class Painter:
    """Draws on the frames of one video, in order; for one thread.

    ``width`` and ``height`` (px) are those of the upright picture; its planes have them rounded up
    to even. ``matrix`` is that of the planes, as in vidfx.types.Colour. ``messages`` has a text for
    each expression, or is None; ``people`` are all names, in the order of their colours. Everything
    scales with the diagonal of the picture. Labels are placed and drawn in square pixels, then
    resized to those of the picture.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        matrix: int,
        messages: dict[str, str] | None,
        stretch: Stretch = SQUARE,
        looks: Looks = DEFAULT_LOOKS,
        people: Sequence[str] = (),
    ) -> None:
        self._size = (width + width % 2, height + height % 2)
        self._stretch = stretch
        width, height = round(width * stretch[0]), round(height * stretch[1])
        picture = width, height
        stroke = max(1.5, math.hypot(*picture) / 775)
        if looks.style == "minimal":
            stroke *= THIN
        margin, font, sizes = math.ceil(stroke) + 2, Font(), TextSizes(picture, looks.font_scale)
        colours = Colours(looks.colour_by, people)
        faces = Faces(picture, messages or {}, colours, sizes, stroke)
        self._layout = Layout(picture, font, faces, MOST[looks.style], margin)
        self._boxes = Boxes(self._size, matrix, stretch, stroke, margin)
        self._has_boxes = looks.style != "none"
        self._labels = LabelPictures(font, matrix, stretch)

    def paint(self, planes: np.ndarray, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on (H * 3 / 2, W) uint8 I420 planes in place; without faces leave them alone."""
        placed = self.layout(labels, time_s)
        if not placed:
            return
        views = YuvPlanes.of(planes, *self._size)
        if self._has_boxes:
            self._boxes.paint(planes, placed)
        for spot, x, y in self._spots(placed):
            self._labels(spot.text, spot.percents).blend(views, x, y)

    def steps(self, labels: Sequence[FaceLabel], time_s: float) -> list[list[Drawing]]:
        """What ``paint`` does, for planes in other memory than the host's."""
        placed = self.layout(labels, time_s)
        texts = [self._label(*spot) for spot in self._spots(placed)]
        boxes = self._boxes.drawings(placed) if self._has_boxes else ()
        return steps([*boxes, *texts])

    def layout(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """Where everything goes, in square pixels; the same call again gives the same answer."""
        if self._stretch != SQUARE:
            labels = [replace(label, box=self._in_square_pixels(label.box)) for label in labels]
        return self._layout.place(labels, time_s)

    def _spots(self, faces: Sequence[PlacedFace]) -> Iterator[tuple[Spot, int, int]]:
        """Each spot with its left and top in the planes, both even."""
        for face in faces:
            if face.spot:
                x, y = self._stored(*face.spot.rect[:2])
                yield face.spot, x - x % 2, y - y % 2

    def _label(self, spot: Spot, x: int, y: int) -> Drawing:
        row, rows = self._size
        overlay = self._labels(spot.text, spot.percents)
        shown = overlay.part(max(-x, 0), max(-y, 0), row - x, rows - y)
        if shown.keep_y.size < overlay.keep_y.size:
            stamp, x, y = shown.stamp(row), max(x, 0), max(y, 0)
        else:
            stamp = self._labels.stamp(spot.text, spot.percents, row)
        height, width = shown.keep_y.shape
        chroma = row * rows + y // 2 * (row // 2) + x // 2
        begins = y * row + x, chroma, chroma + row * rows // 4
        return Drawing(stamp, begins, (x, y, x + width, y + height))

    def _in_square_pixels(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        (across, down), (x0, y0, x1, y1) = self._stretch, box
        return x0 * across, y0 * down, x1 * across, y1 * down

    def _stored(self, x: int, y: int) -> tuple[int, int]:
        """From square pixels to those of the picture."""
        if self._stretch == SQUARE:
            return x, y
        return round(x / self._stretch[0]), round(y / self._stretch[1])
