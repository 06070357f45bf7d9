"""The overlays of labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vidfx.overlay.colours import INK, PANEL, colour_of
from vidfx.overlay.drawing import Stamp
from vidfx.overlay.font import REGULAR, Font
from vidfx.overlay.labels import (
    WIDEST_PERCENT,
    LabelText,
    Percents,
    even,
    text_top,
)
from vidfx.overlay.shapes import expression_icon, panel
from vidfx.overlay.yuv import Layer, Overlay, Rgb, compose, to_overlay, to_stored
from vidfx.types import SQUARE, Stretch

PANEL_OPACITY = 0.72
DIM = 0.72
GROOVE = 0.16
"opacity of what a bar has not filled"
CACHED_LABELS, CACHED_DIGITS = 96, 1024


@dataclass
class _Label:
    """A label as it was last drawn."""

    overlay: Overlay
    percents: tuple[int, ...]
    "on the overlay"
    places: tuple[tuple[int, int], ...]
    "left and top of the percentages, px"
    stamp: Stamp | None = None
    "of the overlay, once it was asked for"


class LabelPictures:
    """Overlays of labels for pixels that ``stretch`` makes square.

    Digits change often, words seldom: where pixels are square, only the digits are drawn again.
    """

    def __init__(self, font: Font, matrix: int, stretch: Stretch) -> None:
        self._font, self._matrix, self._stretch = font, matrix, stretch
        self._label: Callable[[LabelText], _Label] = lru_cache(CACHED_LABELS)(self._new_label)
        self._digits: Callable[[int, int, int, int], Overlay] = lru_cache(CACHED_DIGITS)(
            self._new_digits
        )
        self._digit_rows: Callable[[int], slice] = lru_cache(16)(self._new_digit_rows)

    def __call__(self, text: LabelText, percents: Percents) -> Overlay:
        """The label with these percentages; valid until the next call."""
        label = self._label(text)
        shown = tuple([percents[which] for which in text.rated])
        if shown != label.percents:
            if self._stretch == SQUARE and not text.words.bars:
                self._change_digits(label, text.size, shown)
            else:
                label.overlay = self._drawn(text, shown)
            label.percents, label.stamp = shown, None
        return label.overlay

    def stamp(self, text: LabelText, percents: Percents, row: int) -> Stamp:
        """The label for planes of always as many columns, ``row``; the same until it changes."""
        overlay, label = self(text, percents), self._label(text)
        label.stamp = label.stamp or overlay.stamp(row)
        return label.stamp

    def _new_label(self, text: LabelText) -> _Label:
        places = tuple(text.places(self._font))
        return _Label(self._drawn(text, ()), (), places)

    def _change_digits(self, label: _Label, size: int, percents: tuple[int, ...]) -> None:
        """Draw ``percents`` where the label has others."""
        before = label.percents or (-1,) * len(percents)
        top = self._digit_rows(size).start
        for (x, y), old, new in zip(label.places, before, percents, strict=True):
            if new != old:
                odd_x, odd_y = x % 2, (y + top) % 2
                digits = self._digits(new, size, odd_x, odd_y)
                label.overlay.replace(digits, x - odd_x, y + top - odd_y)

    def _new_digit_rows(self, size: int) -> slice:
        """The rows of a text's mask that digits may have ink in."""
        rows = np.flatnonzero(self._font.mask("0123456789%", size, REGULAR).any(axis=1))
        return slice(int(rows[0]), int(rows[-1]) + 1)

    def _new_digits(self, percent: int, size: int, odd_x: int, odd_y: int) -> Overlay:
        """A percentage on a panel, ``odd`` px from an even place."""
        mask = self._font.mask(f"{percent}%", size, REGULAR)[self._digit_rows(size)]
        height, width = len(mask), self._font.width(WIDEST_PERCENT, size, REGULAR) + 2
        width += odd_x + (odd_x + width) % 2
        ink = np.zeros((odd_y + height + (odd_y + height) % 2, width), np.float32)
        ink[odd_y : odd_y + height, odd_x : odd_x + mask.shape[1]] = mask * DIM
        layers = Layer(np.full_like(ink, PANEL_OPACITY), PANEL), Layer(ink, INK)
        return to_overlay(compose(layers, self._matrix))

    def _drawn(self, text: LabelText, percents: tuple[int, ...]) -> Overlay:
        """The label; without ``percents`` their places stay empty."""
        size, shape = text.size, (text.height, text.width)
        ink, discs, features = (np.zeros(shape, np.float32) for _ in range(3))
        shares: dict[int, int] = dict(zip(text.rated, percents, strict=False))
        bars: list[tuple[np.ndarray, Rgb]] = []
        for part, x, middle in text.placed(self._font):
            if part.icon:
                disc, on_disc = expression_icon(part.text, even(size))
                y = round(middle - even(size) / 2)
                _paste(discs, disc, x, y)
                _paste(features, on_disc, x, y)
                continue
            if part.percent is not None and part.bar:
                whole = part.width(size, self._font)
                filled = round(whole * shares.get(part.percent, 0) / 100)
                for width, opacity, rgb in (
                    (whole, GROOVE, INK),
                    (filled, 1.0, colour_of(part.text)),
                ):
                    mask = np.zeros(shape, np.float32)
                    _paste(
                        mask, _bar(width, size) * np.float32(opacity), x, round(middle - 0.2 * size)
                    )
                    bars.append((mask, rgb))
                continue
            shown = part.text
            if part.percent is not None:
                shown = f"{shares[part.percent]}%" if percents else ""
            opacity = DIM if part.dim else 1.0
            mask = self._font.mask(shown, size, part.weight)
            _paste(ink, mask * opacity, x, text_top(size, middle))
        layers = (
            (panel(text.width, text.height, round(0.42 * size)) * PANEL_OPACITY, PANEL),
            *bars,
            (discs, text.words.colour),
            (features, PANEL),
            (ink, INK),
        )
        stored = [Layer(to_stored(mask, self._stretch), rgb) for mask, rgb in layers]
        return to_overlay(compose(stored, self._matrix))


def _bar(length: int, size: int) -> np.ndarray:
    """A bar of ``length`` px beside text of ``size`` px, round where it is long enough."""
    height = max(2, round(0.4 * size))
    return panel(length, height, height // 2 if length >= height else 0)


def _paste(canvas: np.ndarray, mask: np.ndarray, x: int, y: int) -> None:
    top = max(-y, 0)
    part = canvas[y + top : y + len(mask), x : x + mask.shape[1]]
    np.maximum(part, mask[top : top + part.shape[0], : part.shape[1]], out=part)
