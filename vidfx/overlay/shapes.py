"""Masks of panels, box corners and expression icons: float32, 0..1 the share of each pixel."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

FINE = 4
"shapes are drawn this many times larger, then averaged"


def panel(width: int, height: int, radius: int) -> np.ndarray:
    """(height, width): a filled rectangle with round corners."""
    mask = np.ones((height, width), np.float32)
    from_centre = np.arange(radius, 0, -1) - 0.5
    corner = np.clip(radius - np.hypot(from_centre[:, None], from_centre) + 0.5, 0, 1)
    mask[:radius, :radius] = corner
    mask[:radius, -radius:] = corner[:, ::-1]
    mask[-radius:] = mask[radius - 1 :: -1]
    return mask


@lru_cache(256)
def box_corner(arm: int, radius: float, stroke: float, margin: int) -> np.ndarray:
    """The upper left corner of a box, at (margin, margin), with two arms."""
    angles = np.linspace(np.pi, 1.5 * np.pi, 16)
    arc = radius + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    line = np.vstack([[0, arm], arc, [arm, 0]]) + margin
    return _drawn(
        arm + 2 * margin,
        lambda canvas, scale: _stroke(canvas, line * scale, max(1, round(stroke * scale))),
    )


@lru_cache(64)
def expression_icon(emotion: str, size: int) -> tuple[np.ndarray, np.ndarray]:
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
