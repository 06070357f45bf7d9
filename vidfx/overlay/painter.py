"""Draws boxes and labels of faces onto I420 planes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from vidfx.overlay.font import Font
from vidfx.overlay.labels import PANEL, FaceLabel, LabelText, colour_of, label_overlay
from vidfx.overlay.layout import Layout, PlacedFace
from vidfx.overlay.shapes import box_corner
from vidfx.overlay.yuv import Layer, Overlay, YuvPlanes, make_overlay, to_stored
from vidfx.types import SQUARE, Stretch

CACHED_LABELS = 96
HALO = 0.45
"opacity of the dark rim that keeps a box visible on a bright picture"


class Painter:
    """Draws on the frames of one video, in order; for one thread.

    ``width`` and ``height`` (px) are those of the upright picture; its planes have them rounded up
    to even. ``matrix`` is that of the planes, as in vidfx.types.Colour. ``messages`` has a text for
    each expression, or is None. Everything scales with the shorter side of the picture. Labels are
    placed and drawn in square pixels, then resized to those of the picture.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        matrix: int,
        messages: dict[str, str] | None,
        stretch: Stretch = SQUARE,
    ) -> None:
        self._size = (width + width % 2, height + height % 2)
        self._matrix = matrix
        self._stretch = stretch
        width, height = round(width * stretch[0]), round(height * stretch[1])
        self._stroke = max(1.5, min(width, height) / 380)
        self._margin = math.ceil(self._stroke) + 2
        self._font = Font()
        self._layout = Layout(
            (width, height), self._font, messages or {}, self._margin, self._stroke
        )
        self._label: Callable[[LabelText], Overlay] = lru_cache(CACHED_LABELS)(self._new_label)
        self._corner: Callable[..., Overlay] = lru_cache(4 * CACHED_LABELS)(self._new_corner)

    def paint(self, planes: np.ndarray, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on (H * 3 / 2, W) uint8 I420 planes in place; without faces leave them alone."""
        placed = self.layout(labels, time_s)
        if not placed:
            return
        views = YuvPlanes.of(planes, *self._size)
        for face in placed:
            self._paint_box(views, face)
        for face in placed:
            if face.spot:
                x, y = self._stored(*face.spot.rect[:2])
                self._label(face.spot.text).blend(views, x - x % 2, y - y % 2)

    def layout(self, labels: Sequence[FaceLabel], time_s: float) -> list[PlacedFace]:
        """Where everything goes, in square pixels; the same call again gives the same answer."""
        if self._stretch != SQUARE:
            labels = [replace(label, box=self._in_square_pixels(label.box)) for label in labels]
        return self._layout.place(labels, time_s)

    def _in_square_pixels(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        (across, down), (x0, y0, x1, y1) = self._stretch, box
        return x0 * across, y0 * down, x1 * across, y1 * down

    def _stored(self, x: int, y: int) -> tuple[int, int]:
        """From square pixels to those of the picture."""
        return round(x / self._stretch[0]), round(y / self._stretch[1])

    def _new_label(self, text: LabelText) -> Overlay:
        return label_overlay(text, self._font, self._matrix, self._stretch)

    def _paint_box(self, planes: YuvPlanes, face: PlacedFace) -> None:
        box, look = face.box, (face.arm, face.label.emotion, face.strength)
        reach = face.arm + self._margin
        for right in (False, True):
            for lower in (False, True):
                x, y = self._stored(
                    box.x1 - reach if right else box.x0 - self._margin,
                    box.y1 - reach if lower else box.y0 - self._margin,
                )
                corner = self._corner(*look, right, lower, x % 2, y % 2)
                corner.blend(planes, x - x % 2, y - y % 2)

    def _new_corner(
        self,
        arm: int,
        emotion: str | None,
        strength: float,
        right: bool,
        lower: bool,
        odd_x: int,
        odd_y: int,
    ) -> Overlay:
        """One corner of a box; its place on the chroma grid is padded to even."""
        radius = min(0.5 * arm, 4 * self._stroke)
        halo = self._stroke + max(2.0, self._stroke)
        layers: list[Layer] = []
        for stroke, opacity, rgb in (
            (halo, HALO * strength, PANEL),
            (self._stroke, strength, colour_of(emotion)),
        ):
            mask = to_stored(box_corner(arm, radius, stroke, self._margin), self._stretch)
            mask = mask[:: -1 if lower else 1, :: -1 if right else 1] * np.float32(opacity)
            height, width = mask.shape
            padding = ((odd_y, (odd_y + height) % 2), (odd_x, (odd_x + width) % 2))
            layers.append(Layer(np.pad(mask, padding), rgb))
        return make_overlay(layers, self._matrix)
