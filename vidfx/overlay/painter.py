"""Draws faces and what is known of them onto I420 planes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from vidfx.overlay.font import Type, bracket
from vidfx.overlay.labels import PANEL, Chip, FaceLabel, colour_of, draw_chip
from vidfx.overlay.layout import Layout, Placed
from vidfx.overlay.yuv import Layer, Matrix, Planes, Tile, make_tile, stored
from vidfx.types import SQUARE, Stretch

__all__ = ["FaceLabel", "Painter", "Placed"]

CACHED_TILES = 96
HALO = 0.45
"opacity of the dark rim that keeps a box visible on a bright picture"


class Painter:
    """Draws on the frames of one video, in order; for one thread.

    ``width`` and ``height`` (px) are those of the upright picture; its planes have them rounded up
    to even. ``messages`` has a text for each expression, or is None for none. Everything scales
    with the shorter side of the picture. Where ``stretch`` makes pixels square, labels are placed
    and drawn as a person will see them, then squeezed like the picture.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        matrix: Matrix,
        messages: dict[str, str] | None,
        stretch: Stretch = SQUARE,
    ) -> None:
        self._planes = (width + width % 2, height + height % 2)
        self._matrix: Matrix = matrix
        self._stretch = stretch
        width, height = round(width * stretch[0]), round(height * stretch[1])
        self._stroke = max(1.5, min(width, height) / 380)
        self._margin = math.ceil(self._stroke) + 2
        self._type = Type()
        self._layout = Layout(
            (width, height), self._type, messages or {}, self._margin, self._stroke
        )
        self._chip_tile: Callable[[Chip], Tile] = lru_cache(CACHED_TILES)(self._new_chip_tile)
        self._corner_tile: Callable[..., Tile] = lru_cache(4 * CACHED_TILES)(self._new_corner_tile)

    def paint(self, planes: np.ndarray, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on (H * 3 / 2, W) uint8 I420 planes in place; without faces leave them alone."""
        placed = self.layout(labels, time_s)
        if not placed:
            return
        views = Planes.of(planes, *self._planes)
        for face in placed:
            self._paint_box(views, face)
        for face in placed:
            if face.chip and face.rect:
                x, y = self._stored(face.rect.x0, face.rect.y0)
                self._chip_tile(face.chip).blend(views, x - x % 2, y - y % 2)

    def layout(self, labels: Sequence[FaceLabel], time_s: float) -> list[Placed]:
        """Where everything goes, in square pixels; the same call again gives the same answer."""
        across, down = self._stretch
        seen = [
            replace(one, box=(x0 * across, y0 * down, x1 * across, y1 * down))
            for one in labels
            for x0, y0, x1, y1 in (one.box,)
        ]
        return self._layout.place(seen, time_s)

    def _stored(self, x: int, y: int) -> tuple[int, int]:
        """A place among the picture's own pixels."""
        return round(x / self._stretch[0]), round(y / self._stretch[1])

    def _new_chip_tile(self, chip: Chip) -> Tile:
        return draw_chip(chip, self._type, self._matrix, self._stretch)

    def _paint_box(self, planes: Planes, face: Placed) -> None:
        box = face.box
        reach = face.arm + self._margin
        for right in (False, True):
            for lower in (False, True):
                x = box.x1 - reach if right else box.x0 - self._margin
                y = box.y1 - reach if lower else box.y0 - self._margin
                x, y = self._stored(x, y)
                tile = self._corner_tile(
                    face.arm, face.label.emotion, face.strength, (right, lower), (x % 2, y % 2)
                )
                tile.blend(planes, x - x % 2, y - y % 2)

    def _new_corner_tile(
        self,
        arm: int,
        emotion: str | None,
        strength: float,
        turned: tuple[bool, bool],
        offset: tuple[int, int],
    ) -> Tile:
        """One corner of a box; ``offset`` is where it stands on the chroma grid."""
        radius = min(0.5 * arm, 4 * self._stroke)
        halo = max(2.0, self._stroke)
        covers = [
            bracket(arm, radius, self._stroke + halo, self._margin) * (HALO * strength),
            bracket(arm, radius, self._stroke, self._margin) * strength,
        ]
        covers = [stored(cover, self._stretch) for cover in covers]
        sides = covers[0].shape
        padding = [(n, (side + n) % 2) for n, side in zip(reversed(offset), sides, strict=True)]
        flips = (
            slice(None, None, -1 if turned[1] else 1),
            slice(None, None, -1 if turned[0] else 1),
        )
        shadow, line = (np.pad(cover[flips], padding) for cover in covers)
        return make_tile([Layer(shadow, PANEL), Layer(line, colour_of(emotion))], self._matrix)
