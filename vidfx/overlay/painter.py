"""Draws boxes and labels of faces onto I420 planes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from vidfx.overlay.boxes import Boxes
from vidfx.overlay.clock import Clock
from vidfx.overlay.colours import Colours
from vidfx.overlay.drawing import Drawing, steps
from vidfx.overlay.faces import Faces, PlacedFace
from vidfx.overlay.font import Font
from vidfx.overlay.label_pictures import LabelPictures
from vidfx.overlay.labels import FULL, SHORT, FaceLabel
from vidfx.overlay.landmarks import Landmarks
from vidfx.overlay.layout import Layout
from vidfx.overlay.looks import DEFAULT_LOOKS, Looks
from vidfx.overlay.text_sizes import TextSizes
from vidfx.overlay.yuv import PlacedOverlay, YuvPlanes
from vidfx.types import SQUARE, Stretch

THIN, LANDMARK = 0.6, 1.4
"of the usual stroke: a thin box; of the stroke: the radius of a landmark"
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
        margin, font, sizes = (
            math.ceil(stroke) + 2,
            Font(looks.font),
            TextSizes(picture, looks.font_scale),
        )
        colours = Colours(looks.colour_by, people)
        faces = Faces(picture, messages or {}, colours, sizes, stroke, looks.bars)
        self._clock = (
            Clock(font, sizes.clock, 2 * margin, matrix, stretch, self._size[0])
            if looks.clock
            else None
        )
        free = [self._clock.rect] if self._clock else []
        self._layout = Layout(picture, font, faces, MOST[looks.style], margin, free)
        self._boxes = Boxes(self._size, matrix, stretch, stroke, margin)
        self._has_boxes = looks.style != "none"
        row = self._size[0]
        self._landmarks = (
            Landmarks(max(2.0, LANDMARK * stroke), matrix, stretch, row)
            if looks.landmarks
            else None
        )
        self._labels = LabelPictures(font, matrix, stretch)

    def paint(self, planes: np.ndarray, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on (H * 3 / 2, W) uint8 I420 planes in place; without faces leave them alone."""
        placed = self.layout(labels, time_s)
        if not placed and not self._clock:
            return
        views = YuvPlanes.of(planes, *self._size)
        if self._has_boxes:
            self._boxes.paint(planes, placed)
        for one in self._overlays(placed, time_s):
            one.overlay.blend(views, one.x, one.y)

    def steps(self, labels: Sequence[FaceLabel], time_s: float) -> list[list[Drawing]]:
        """What ``paint`` does, for planes in other memory than the host's."""
        placed = self.layout(labels, time_s)
        boxes = self._boxes.drawings(placed) if self._has_boxes else ()
        overlays = [one.drawing(*self._size) for one in self._overlays(placed, time_s)]
        return steps([*boxes, *overlays])

    def layout(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """Where everything goes, in square pixels; the same call again gives the same answer."""
        if self._stretch != SQUARE:
            labels = [replace(label, box=self._in_square_pixels(label.box)) for label in labels]
        return self._layout.place(labels, time_s)

    def _overlays(self, faces: Sequence[PlacedFace], time_s: float) -> Iterator[PlacedOverlay]:
        """All that is drawn over the boxes, in this order."""
        if self._landmarks:
            for face in faces:
                yield from self._landmarks.placed(face.label.landmarks, face.words.colour)
        for face in faces:
            if face.spot:
                text, percents = face.spot.text, face.spot.percents
                x, y = self._stored(*face.spot.rect[:2])
                stamp = partial(self._labels.stamp, text, percents, self._size[0])
                overlay = self._labels(text, percents)
                yield PlacedOverlay(overlay, x - x % 2, y - y % 2, stamp)
        if self._clock:
            yield self._clock.at(time_s)

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
