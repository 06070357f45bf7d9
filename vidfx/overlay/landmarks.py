"""Draws the landmarks of faces: a dot each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

import numpy as np

from vidfx.overlay.colours import INK, PANEL
from vidfx.overlay.drawing import Stamp
from vidfx.overlay.labels import even
from vidfx.overlay.shapes import disc
from vidfx.overlay.yuv import Layer, Overlay, PlacedOverlay, Rgb, compose, to_overlay, to_stored
from vidfx.types import Stretch

RIM = 0.6
"opacity of the dark rim"


class Landmarks:
    """Dots of ``radius`` px on the planes of one video, which have ``row`` columns."""

    def __init__(self, radius: float, matrix: int, stretch: Stretch, row: int) -> None:
        self._radius, self._matrix, self._stretch = radius, matrix, stretch
        self._dot: Callable[[Rgb, int, int], Overlay] = lru_cache(64)(self._new_dot)
        self._stamp: Callable[[Rgb, int, int], Stamp] = lru_cache(64)(
            lambda *dot: self._dot(*dot).stamp(row)
        )
        mask = self._masks()[0]
        self._middle = mask.shape[1] / 2, mask.shape[0] / 2

    def placed(self, points: Iterable[Iterable[float]], rgb: Rgb) -> Iterator[PlacedOverlay]:
        """Dots at ``points``, x and y in px of the planes."""
        for x, y in points:
            left, top = round(x - self._middle[0]), round(y - self._middle[1])
            dot = rgb, left % 2, top % 2
            yield PlacedOverlay(
                self._dot(*dot), left - left % 2, top - top % 2, partial(self._stamp, *dot)
            )

    def _masks(self) -> list[np.ndarray]:
        """The rim, a ring of white and the middle, in pixels of the planes."""
        side = even(round(2 * self._radius) + 4)
        radii = self._radius + 1.2, self._radius, 0.62 * self._radius
        return [to_stored(disc(side, radius), self._stretch) for radius in radii]

    def _new_dot(self, rgb: Rgb, odd_x: int, odd_y: int) -> Overlay:
        rim, ring, middle = (
            np.pad(mask, ((odd_y, odd_y), (odd_x, odd_x))) for mask in self._masks()
        )
        layers = Layer(rim * RIM, PANEL), Layer(ring, INK), Layer(middle, rgb)
        return to_overlay(compose(layers, self._matrix))
