"""Translucent overlays that are blended onto I420 planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from vidfx.overlay.drawing import Drawing, Stamp
from vidfx.types import SQUARE, Stretch
from vidfx_engines.luma import luma_weights

Rgb = tuple[int, int, int]
_SCALE = 1 / 255


class YuvPlanes(NamedTuple):
    """Views of an I420 buffer."""

    y: np.ndarray
    "(H, W) uint8"
    u: np.ndarray
    "(H / 2, W / 2) uint8"
    v: np.ndarray
    "(H / 2, W / 2) uint8"

    @classmethod
    def of(cls, buffer: np.ndarray, width: int, height: int) -> YuvPlanes:
        """Views of a contiguous (height * 3 / 2, width) uint8 buffer. Raises ValueError."""
        if (
            buffer.shape != (height * 3 // 2, width)
            or buffer.dtype != np.uint8
            or not buffer.flags.c_contiguous
        ):
            raise ValueError(
                f"planes must be contiguous uint8 {(height * 3 // 2, width)}, "
                f"got {buffer.dtype} {buffer.shape}"
            )
        chroma = buffer[height:].reshape(2, height // 2, width // 2)
        return cls(buffer[:height], chroma[0], chroma[1])


class Layer(NamedTuple):
    """One colour of an overlay."""

    mask: np.ndarray
    "(h, w) float32 0..1, in stored pixels, both sides even"
    rgb: Rgb


@dataclass(frozen=True)
class Overlay:
    """A picture with transparency: blending gives ``plane * keep / 255 + add``."""

    keep_y: np.ndarray
    "(h, w) uint8, h and w even"
    add_y: np.ndarray
    keep_c: np.ndarray
    "(h / 2, w / 2) uint8"
    add_u: np.ndarray
    add_v: np.ndarray

    def blend(self, planes: YuvPlanes, x: int, y: int) -> None:
        """Put the top left corner at (x, y), both even; what is outside is cut off."""
        height, width = self.keep_y.shape
        whole = planes.y[y : y + height, x : x + width]
        if x < 0 or y < 0 or whole.shape != (height, width):
            left, top = max(-x, 0), max(-y, 0)
            shown = self.part(left, top, planes.y.shape[1] - x, planes.y.shape[0] - y)
            if shown.keep_y.size:
                shown.blend(planes, x + left, y + top)
            return
        cv2.multiply(whole, self.keep_y, whole, _SCALE)
        cv2.add(whole, self.add_y, whole)
        x, y, height, width = x // 2, y // 2, height // 2, width // 2
        half = planes.u[y : y + height, x : x + width]
        cv2.multiply(half, self.keep_c, half, _SCALE)
        cv2.add(half, self.add_u, half)
        half = planes.v[y : y + height, x : x + width]
        cv2.multiply(half, self.keep_c, half, _SCALE)
        cv2.add(half, self.add_v, half)

    def stamp(self, row: int) -> Stamp:
        """What ``blend`` does, in pieces of Y, U and V, for planes of ``row`` columns."""
        place, counts = _places(*self.keep_y.shape, row)
        keep_c = self.keep_c.ravel()
        return Stamp(
            place,
            np.concatenate([self.keep_y.ravel(), keep_c, keep_c]),
            np.concatenate([self.add_y.ravel(), self.add_u.ravel(), self.add_v.ravel()]),
            counts,
        )

    def replace(self, part: Overlay, x: int, y: int) -> None:
        """Put ``part`` at (x, y), both even, in place of what is there."""
        height, width = part.keep_y.shape
        luma = slice(y, y + height), slice(x, x + width)
        chroma = slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2)
        self.keep_y[luma], self.add_y[luma] = part.keep_y, part.add_y
        self.keep_c[chroma] = part.keep_c
        self.add_u[chroma], self.add_v[chroma] = part.add_u, part.add_v

    def part(self, left: int, top: int, right: int, bottom: int) -> Overlay:
        """Views of the part between these even coordinates, which may be outside."""
        luma = slice(top, max(bottom, 0)), slice(left, max(right, 0))
        chroma = slice(top // 2, max(bottom // 2, 0)), slice(left // 2, max(right // 2, 0))
        return Overlay(
            self.keep_y[luma],
            self.add_y[luma],
            self.keep_c[chroma],
            self.add_u[chroma],
            self.add_v[chroma],
        )


class PlacedOverlay(NamedTuple):
    """An overlay, and where its upper left corner is blended: (x, y), both even."""

    overlay: Overlay
    x: int
    y: int
    stamp: Callable[[], Stamp]
    "returns that of the whole overlay"

    def drawing(self, row: int, rows: int) -> Drawing:
        """The part that is inside luma planes of ``row`` columns and ``rows`` rows."""
        overlay, x, y, stamp = self
        shown = overlay.part(max(-x, 0), max(-y, 0), row - x, rows - y)
        if shown.keep_y.size < overlay.keep_y.size:
            found, x, y = shown.stamp(row), max(x, 0), max(y, 0)
        else:
            found = stamp()
        height, width = shown.keep_y.shape
        chroma = row * rows + y // 2 * (row // 2) + x // 2
        begins = y * row + x, chroma, chroma + row * rows // 4
        return Drawing(found, begins, (x, y, x + width, y + height))


def side_by_side(overlays: Sequence[Overlay]) -> Overlay:
    """One overlay of some of the same height, from left to right."""
    return Overlay(*(np.hstack(planes) for planes in zip(*map(_planes, overlays), strict=True)))


def _planes(overlay: Overlay) -> tuple[np.ndarray, ...]:
    return overlay.keep_y, overlay.add_y, overlay.keep_c, overlay.add_u, overlay.add_v


@lru_cache(128)
def _places(height: int, width: int, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Those of a rectangle's pixels in Y, U and V, each from its corner, and how many each has."""

    def plane(height: int, width: int, row: int) -> np.ndarray:
        return (np.arange(height)[:, None] * row + np.arange(width)).ravel()

    luma, chroma = plane(height, width, row), plane(height // 2, width // 2, row // 2)
    counts = np.array([len(luma), len(chroma), len(chroma)])
    return np.concatenate([luma, chroma, chroma]), counts


def to_stored(mask: np.ndarray, stretch: Stretch) -> np.ndarray:
    """A mask in square pixels, resized to pixels that ``stretch`` makes square; even sides."""
    if stretch == SQUARE:
        return mask
    height, width = mask.shape
    size = [max(2, 2 * round(n / s / 2)) for n, s in zip((width, height), stretch, strict=True)]
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA)


def to_yuv(rgb: Rgb, matrix: int) -> tuple[float, float, float]:
    """Limited-range Y, U, V of a full-range colour; ``matrix`` as in vidfx.types.Colour."""
    red, green, blue = (c / 255 for c in rgb)
    weights = luma_weights(matrix)
    luma = weights.red * red + weights.green * green + weights.blue * blue
    return (
        16 + 219 * luma,
        128 + 112 * (blue - luma) / (1 - weights.blue),
        128 + 112 * (red - luma) / (1 - weights.red),
    )


def compose(layers: Sequence[Layer], matrix: int) -> np.ndarray:
    """Lay layers of one size over each other, the first at the bottom.

    Returns (4, h, w) float32: the opacity, 0..1, and Y, U and V multiplied by it.
    """
    picture = np.zeros((4, *layers[0].mask.shape), np.float32)
    keep = np.ones_like(picture[0])
    for mask, rgb in reversed(layers):
        visible = keep * mask
        keep -= visible
        for channel, value in enumerate(to_yuv(rgb, matrix), 1):
            picture[channel] += visible * np.float32(value)
    picture[0] = 1 - keep
    return picture


def to_overlay(picture: np.ndarray) -> Overlay:
    """An overlay of what ``compose`` returned; its sides are even."""
    half = picture.shape[2] // 2, picture.shape[1] // 2
    small: list[np.ndarray] = [cv2.resize(p, half, interpolation=cv2.INTER_AREA) for p in picture]
    return Overlay(
        keep_y=_to_uint8(255 - 255 * picture[0]),
        add_y=_to_uint8(picture[1]),
        keep_c=_to_uint8(255 - 255 * small[0]),
        add_u=_to_uint8(small[2]),
        add_v=_to_uint8(small[3]),
    )


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
