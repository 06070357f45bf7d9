"""Translucent overlays that are blended onto I420 planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from vidfx.types import SQUARE, Stretch
from vidfx_engines.luma import luma_weights

Rgb = tuple[int, int, int]


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
        _blend(planes.y, self.keep_y, self.add_y, x, y)
        _blend(planes.u, self.keep_c, self.add_u, x // 2, y // 2)
        _blend(planes.v, self.keep_c, self.add_v, x // 2, y // 2)


def _blend(plane: np.ndarray, keep: np.ndarray, add: np.ndarray, x: int, y: int) -> None:
    left, top = max(-x, 0), max(-y, 0)
    right = min(keep.shape[1], plane.shape[1] - x)
    bottom = min(keep.shape[0], plane.shape[0] - y)
    if left >= right or top >= bottom:
        return
    part = plane[y + top : y + bottom, x + left : x + right]
    cv2.multiply(part, keep[top:bottom, left:right], dst=part, scale=1 / 255)
    cv2.add(part, add[top:bottom, left:right], dst=part)


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


def make_overlay(layers: Sequence[Layer], matrix: int) -> Overlay:
    """Lay layers of one size over each other, the first at the bottom; their sides are even."""
    height, width = layers[0].mask.shape
    half = (width // 2, height // 2)
    keep = np.ones((height, width), np.float32)
    luma = np.zeros((height, width), np.float32)
    chroma_u, chroma_v = np.zeros(half[::-1], np.float32), np.zeros(half[::-1], np.float32)
    for mask, rgb in reversed(layers):
        y, u, v = to_yuv(rgb, matrix)
        visible = keep * mask
        keep -= visible
        luma += visible * np.float32(y)
        visible = cv2.resize(visible, half, interpolation=cv2.INTER_AREA)
        chroma_u += visible * np.float32(u)
        chroma_v += visible * np.float32(v)
    return Overlay(
        keep_y=_to_uint8(keep * 255),
        add_y=_to_uint8(luma),
        keep_c=_to_uint8(cv2.resize(keep, half, interpolation=cv2.INTER_AREA) * 255),
        add_u=_to_uint8(chroma_u),
        add_v=_to_uint8(chroma_v),
    )


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.uint8)
