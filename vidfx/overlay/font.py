"""Covers, 0..1 how much of each pixel a shape takes: text, expression marks, panels, brackets."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

FINE = 4
"shapes are drawn this many times larger, then averaged"
REGULAR, BOLD = 500, 650


class Type:
    """Sets lines of any Unicode text in OpenCV's built-in font; for one thread."""

    def __init__(self) -> None:
        self._face = cv2.FontFace("sans")
        self.width: Callable[[str, int, int], int] = lru_cache(1024)(self._width)
        "(text, size, weight) -> px"
        self.cover: Callable[[str, int, int], np.ndarray] = lru_cache(256)(self._cover)
        "(text, size, weight) -> (2 * size, width) float32, the baseline at 1.4 * size"

    def shortened(self, text: str, size: int, weight: int, width: int) -> str:
        """The text, or as much of its beginning as fits into the width, and an ellipsis."""
        if self.width(text, size, weight) <= width:
            return text
        shown = text[: self._fitting(text, size, weight, width - self.width("…", size, weight))]
        return shown.rstrip() + "…"

    def wrapped(self, text: str, size: int, weight: int, width: int, lines: int) -> list[str]:
        """Break the text into so many lines of that width at most, and shorten the last."""
        broken: list[str] = []
        rest = text
        while rest and len(broken) < lines - 1 and self.width(rest, size, weight) > width:
            count = max(1, self._fitting(rest, size, weight, width))
            space = rest.rfind(" ", 1, count + 1)
            broken.append(rest[: space if space > 0 else count])
            rest = rest[len(broken[-1]) :].lstrip()
        if rest:
            broken.append(self.shortened(rest, size, weight, width))
        return broken

    def _fitting(self, text: str, size: int, weight: int, width: int) -> int:
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle], size, weight) <= width:
                low = middle
            else:
                high = middle - 1
        return low

    def _width(self, text: str, size: int, weight: int) -> int:
        if not text:
            return 0
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, size, weight)[2]

    def _cover(self, text: str, size: int, weight: int) -> np.ndarray:
        ink = np.zeros((2 * size, self.width(text, size, weight) + 2), np.uint8)
        if text:
            baseline = round(1.4 * size)
            cv2.putText(ink, text, (0, baseline), (255,), self._face, size, weight)
        return ink.astype(np.float32) / 255


def panel(width: int, height: int, radius: int) -> np.ndarray:
    """A filled rectangle with round corners, (height, width)."""
    cover = np.ones((height, width), np.float32)
    from_centre = np.arange(radius, 0, -1) - 0.5
    round_off = np.clip(radius - np.hypot(from_centre[:, None], from_centre) + 0.5, 0, 1)
    cover[:radius, :radius] = round_off
    cover[:radius, -radius:] = round_off[:, ::-1]
    cover[-radius:] = cover[radius - 1 :: -1]
    return cover


@lru_cache(256)
def bracket(arm: int, radius: float, stroke: float, margin: int) -> np.ndarray:
    """The upper left corner of a box, the corner itself at (margin, margin)."""
    angles = np.linspace(np.pi, 1.5 * np.pi, 16)
    arc = radius + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    line = np.vstack([[0, arm], arc, [arm, 0]]) + margin
    return _drawn(
        arm + 2 * margin,
        lambda canvas, scale: _stroke(canvas, line * scale, max(1, round(stroke * scale))),
    )


@lru_cache(64)
def expression(emotion: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A round face, (size, size) each: the disc, and brows, eyes and mouth on it."""
    centre = size / 2
    disc = _drawn(size, lambda canvas, scale: _dot(canvas, *(3 * [centre * scale])))

    def features(canvas: np.ndarray, scale: float) -> None:
        unit = centre * scale
        pen = max(1, round(0.2 * unit))
        for side in (-1, 1):
            eye_x, eye_y = unit * (1 + 0.36 * side), unit * 0.8
            _dot(canvas, eye_x, eye_y, 0.15 * unit)
            if emotion == "angry":
                brow = np.array([[1 + 0.6 * side, 0.42], [1 + 0.16 * side, 0.66]]) * unit
                _stroke(canvas, brow, pen)
        _stroke(canvas, _MOUTHS[emotion] * unit, pen)

    if emotion not in _MOUTHS:
        return disc, np.zeros_like(disc)
    return disc, _drawn(size, features)


def _mouth(middle: float, bend: float, width: float) -> np.ndarray:
    x = np.linspace(-1, 1, 12)
    return np.column_stack([1 + width * x, middle + bend * (0.5 - x * x)])


_MOUTHS = {
    "angry": _mouth(1.46, -0.18, 0.36),
    "happy": _mouth(1.32, 0.4, 0.48),
    "neutral": _mouth(1.38, 0.0, 0.42),
    "sad": _mouth(1.44, -0.36, 0.42),
}


def _drawn(side: int, draw: Callable[[np.ndarray, float], None]) -> np.ndarray:
    canvas = np.zeros((side * FINE, side * FINE), np.uint8)
    draw(canvas, FINE)
    small = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def _stroke(canvas: np.ndarray, line: np.ndarray, thickness: int) -> None:
    points = np.rint(line * 16).astype(np.int32)[:, None]
    cv2.polylines(canvas, [points], False, (255,), thickness, cv2.LINE_AA, shift=4)


def _dot(canvas: np.ndarray, x: float, y: float, radius: float) -> None:
    centre = (round(x * 16), round(y * 16))
    cv2.circle(canvas, centre, round(radius * 16), (255,), -1, cv2.LINE_AA, shift=4)
