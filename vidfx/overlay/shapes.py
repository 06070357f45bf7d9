"""Masks of panels, box corners and expression icons: float32, 0..1 the share of each pixel."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from vidfx_engines.names import expression

FINE = 4
"shapes are drawn this many times larger, then averaged"


def panel(width: int, height: int, radius: int) -> np.ndarray:
    """(height, width): a filled rectangle with round corners."""
    mask = np.ones((height, width), np.float32)
    if not radius:
        return mask
    from_centre = np.arange(radius, 0, -1) - 0.5
    corner = np.clip(radius - np.hypot(from_centre[:, None], from_centre) + 0.5, 0, 1)
    mask[:radius, :radius] = corner
    mask[:radius, -radius:] = corner[:, ::-1]
    mask[-radius:] = mask[radius - 1 :: -1]
    return mask


def disc(side: int, radius: float) -> np.ndarray:
    """(side, side): a filled circle in the middle."""
    middle = side / 2
    return _drawn(
        side, lambda canvas, scale: _dot(canvas, middle * scale, middle * scale, radius * scale)
    )


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
    """A round face, (size, size) each: the disc, and brows, eyes and mouth on it.

    An expression that has no icon gets the disc alone.
    """
    centre = size / 2
    disc = _drawn(size, lambda canvas, scale: _dot(canvas, *(3 * [centre * scale])))
    drawing = _ICONS.get(expression(emotion))
    if drawing is None:
        return disc, np.zeros_like(disc)

    def features(canvas: np.ndarray, scale: float) -> None:
        unit = centre * scale
        pen = max(1, round(0.2 * unit))
        for side in (-1, 1):
            _dot(canvas, unit * (1 + 0.36 * side), unit * 0.8, drawing.eye * unit)
            if drawing.brows:
                outer, inner = drawing.brows
                brow = np.array([[1 + 0.6 * side, outer], [1 + 0.16 * side, inner]]) * unit
                _stroke(canvas, brow, pen)
        _stroke(canvas, drawing.mouth * unit, pen)

    return disc, _drawn(size, features)


class _Features(NamedTuple):
    """An icon's features; the disc has its centre at (1, 1) and the radius 1."""

    mouth: np.ndarray
    "(N, 2) a line"
    brows: tuple[float, float] | None = None
    "y of the outer and the inner ends"
    eye: float = 0.15
    "radius"


def _mouth(middle: float, bend: float, width: float) -> np.ndarray:
    x = np.linspace(-1, 1, 12)
    return np.column_stack([1 + width * x, middle + bend * (0.5 - x * x)])


def _open_mouth(middle: float, width: float, height: float) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 24)
    return np.column_stack([1 + width * np.cos(angles), middle + height * np.sin(angles)])


def _wavy_mouth(middle: float, height: float, width: float) -> np.ndarray:
    x = np.linspace(-1, 1, 24)
    return np.column_stack([1 + width * x, middle + height * np.sin(1.5 * np.pi * x)])


_ICONS = {
    "angry": _Features(_mouth(1.46, -0.18, 0.36), brows=(0.42, 0.66)),
    "happy": _Features(_mouth(1.32, 0.4, 0.48)),
    "neutral": _Features(_mouth(1.38, 0.0, 0.42)),
    "sad": _Features(_mouth(1.44, -0.36, 0.42)),
    "surprise": _Features(_open_mouth(1.44, 0.11, 0.15), eye=0.19),
    "disgust": _Features(_wavy_mouth(1.42, 0.1, 0.46), brows=(0.5, 0.58)),
    "fear": _Features(_open_mouth(1.44, 0.32, 0.09), brows=(0.56, 0.36)),
    "contempt": _Features(np.array([[0.62, 1.46], [1.0, 1.44], [1.24, 1.36], [1.42, 1.18]])),
}
"""By the usual name of the expression."""


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
