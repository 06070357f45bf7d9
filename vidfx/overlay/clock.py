"""The playback time, in the upper left corner of the picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from vidfx.overlay.colours import INK, PANEL
from vidfx.overlay.drawing import Stamp
from vidfx.overlay.font import BOLD, Font
from vidfx.overlay.label_pictures import PANEL_OPACITY
from vidfx.overlay.labels import even
from vidfx.overlay.shapes import panel
from vidfx.overlay.yuv import (
    Layer,
    Overlay,
    PlacedOverlay,
    compose,
    side_by_side,
    to_overlay,
    to_stored,
)
from vidfx.types import Stretch

PAD, HEIGHT = 0.5, 1.7
"in text sizes"


class Clock:
    """Draws the time in text of ``size`` px, ``margin`` px from the edges.

    Every character has a place of its own width, so that only the digits change.
    """

    def __init__(
        self, font: Font, size: int, margin: int, matrix: int, stretch: Stretch, row: int
    ) -> None:
        self._font, self._size, self._matrix, self._stretch = font, size, matrix, stretch
        self._margin, self._row = even(margin), row
        self._height = even(round(HEIGHT * size))
        self._digit_width = max(font.width(digit, size, BOLD) for digit in "0123456789")
        self._piece: Callable[[str], Overlay] = lru_cache(16)(self._new_piece)
        high, wide = self.at(0.0).overlay.keep_y.shape
        self.rect = (
            0,
            0,
            self._margin + round(wide * stretch[0]) + 1,
            self._margin + round(high * stretch[1]) + 1,
        )
        "what labels keep free, square px"

    def at(self, time_s: float) -> PlacedOverlay:
        pieces = [self._piece(character) for character in ("(", *clock_time(time_s), ")")]
        overlay = side_by_side(pieces)

        def stamp() -> Stamp:
            return overlay.stamp(self._row)

        return PlacedOverlay(overlay, self._margin, self._margin, stamp)

    def _new_piece(self, character: str) -> Overlay:
        """One character on its part of the panel; brackets are the ends of that."""
        size, height = self._size, self._height
        pad = even(round(PAD * size))
        if character in "()":
            ends = panel(2 * pad, height, round(0.42 * size))
            mask = ends[:, :pad] if character == "(" else ends[:, pad:]
            ink = np.zeros_like(mask)
        else:
            glyph = self._font.mask(character, size, BOLD)
            width = self._digit_width if character.isdigit() else glyph.shape[1]
            mask = np.ones((height, even(width)), np.float32)
            ink = np.zeros_like(mask)
            left = (mask.shape[1] - glyph.shape[1]) // 2
            top = round(height / 2 - 1.04 * size)
            glyph = glyph[max(0, -top) : height - top, max(0, -left) :][:, : mask.shape[1]]
            top, left = max(0, top), max(0, left)
            ink[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
        layers = Layer(mask * PANEL_OPACITY, PANEL), Layer(ink, INK)
        stored = [Layer(to_stored(layer.mask, self._stretch), layer.rgb) for layer in layers]
        return to_overlay(compose(stored, self._matrix))


def clock_time(time_s: float) -> str:
    """H:MM:SS.mmm."""
    thousandths = max(0, round(1000 * time_s))
    seconds, thousandths = divmod(thousandths, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{thousandths:03}"
