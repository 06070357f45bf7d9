"""Small translucent pictures that are blended onto I420 planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np

from vidfx.types import SQUARE, Stretch

Matrix = Literal["bt601", "bt709"]
Rgb = tuple[int, int, int]

_LUMA_WEIGHTS = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}


class Planes(NamedTuple):
    """Views of an I420 buffer."""

    y: np.ndarray
    "(H, W) uint8"
    u: np.ndarray
    "(H / 2, W / 2) uint8"
    v: np.ndarray
    "(H / 2, W / 2) uint8"

    @classmethod
    def of(cls, buffer: np.ndarray, width: int, height: int) -> Planes:
        """Split a (H * 3 / 2, W) uint8 buffer; what is written to the views lands in it."""
        if (
            buffer.shape != (height * 3 // 2, width)
            or buffer.dtype != np.uint8
            or not buffer.flags.c_contiguous
        ):
            raise ValueError(
                f"planes must be contiguous uint8 {(height * 3 // 2, width)}, "
                f"got {buffer.dtype} {buffer.shape}"
            )
        flat = buffer.reshape(-1)
        luma, chroma = height * width, height * width // 4
        half = (height // 2, width // 2)
        return cls(
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )


class Layer(NamedTuple):
    """One colour of a tile."""

    cover: np.ndarray
    "(h, w) float32 0..1"
    rgb: Rgb


@dataclass(frozen=True)
class Tile:
    """A picture with transparency: ``plane * keep / 255 + add``."""

    keep_y: np.ndarray
    "(h, w) uint8, h and w even"
    add_y: np.ndarray
    keep_c: np.ndarray
    "(h / 2, w / 2) uint8"
    add_u: np.ndarray
    add_v: np.ndarray

    def blend(self, planes: Planes, x: int, y: int) -> None:
        """Put the top left corner at (x, y), both even; what lies outside is cut off."""
        _blend(planes.y, self.keep_y, self.add_y, x, y)
        _blend(planes.u, self.keep_c, self.add_u, x // 2, y // 2)
        _blend(planes.v, self.keep_c, self.add_v, x // 2, y // 2)


def stored(cover: np.ndarray, stretch: Stretch) -> np.ndarray:
    """A cover of square pixels in those of the picture; sides of other sizes come out even."""
    if stretch == SQUARE:
        return cover
    height, width = cover.shape
    size = [max(2, 2 * round(n / s / 2)) for n, s in zip((width, height), stretch, strict=True)]
    return cv2.resize(cover, size, interpolation=cv2.INTER_AREA)


def _blend(plane: np.ndarray, keep: np.ndarray, add: np.ndarray, x: int, y: int) -> None:
    left, top = max(-x, 0), max(-y, 0)
    right = min(keep.shape[1], plane.shape[1] - x)
    bottom = min(keep.shape[0], plane.shape[0] - y)
    if left >= right or top >= bottom:
        return
    part = plane[y + top : y + bottom, x + left : x + right]
    cv2.multiply(part, keep[top:bottom, left:right], dst=part, scale=1 / 255)
    cv2.add(part, add[top:bottom, left:right], dst=part)


def to_yuv(rgb: Rgb, matrix: Matrix) -> tuple[float, float, float]:
    """Limited-range Y, U, V of a full-range colour."""
    red, green, blue = (c / 255 for c in rgb)
    kr, kg, kb = _LUMA_WEIGHTS[matrix]
    luma = kr * red + kg * green + kb * blue
    return (
        16 + 219 * luma,
        128 + 112 * (blue - luma) / (1 - kb),
        128 + 112 * (red - luma) / (1 - kr),
    )


def make_tile(layers: Sequence[Layer], matrix: Matrix, stretch: Stretch = SQUARE) -> Tile:
    """Lay the layers over each other, the first at the bottom; their sides are even.

    Layers are of square pixels; the tile is of pixels that ``stretch`` makes square.
    """
    layers = [Layer(stored(layer.cover, stretch), layer.rgb) for layer in layers]
    height, width = layers[0].cover.shape
    half = (width // 2, height // 2)
    keep = np.ones((height, width), np.float32)
    luma = np.zeros((height, width), np.float32)
    chroma_u, chroma_v = np.zeros(half[::-1], np.float32), np.zeros(half[::-1], np.float32)
    for cover, rgb in reversed(layers):
        y, u, v = to_yuv(rgb, matrix)
        seen = keep * cover
        keep -= seen
        luma += seen * np.float32(y)
        seen = cv2.resize(seen, half, interpolation=cv2.INTER_AREA)
        chroma_u += seen * np.float32(u)
        chroma_v += seen * np.float32(v)
    return Tile(
        keep_y=_to_uint8(keep * 255),
        add_y=_to_uint8(luma),
        keep_c=_to_uint8(cv2.resize(keep, half, interpolation=cv2.INTER_AREA) * 255),
        add_u=_to_uint8(chroma_u),
        add_v=_to_uint8(chroma_v),
    )


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
