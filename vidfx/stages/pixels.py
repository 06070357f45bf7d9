"""RGB of parts of a frame, from its planes where it has them.

Only what is needed is converted: a small picture for the detector, the surroundings of each face.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from vidfx.types import Frame
from vidfx_engines.luma import luma_weights


def size_of(frame: Frame) -> tuple[int, int]:
    """(height, width) of its planes, or of its RGB."""
    planes = frame.yuv
    pixels = frame.rgb if planes is None else planes[0]
    return pixels.shape[0], pixels.shape[1]


def shrunk(frame: Frame, matrix: int, width: int, height: int, method: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB of the whole frame; ``method`` is one of cv2's."""
    planes = frame.yuv
    if planes is None:
        return cv2.resize(frame.rgb, (width, height), interpolation=method)
    parts = [cv2.resize(plane, (width, height), interpolation=method) for plane in planes]
    return to_rgb(parts, matrix)


def sampled(frame: Frame, matrix: int, side: int) -> np.ndarray:
    """(side, side, 3) uint8 RGB: each the mean of 16 pixels, which are spread evenly."""
    planes = frame.yuv
    if planes is None:
        return _sampled(frame.rgb, side)
    return to_rgb([_sampled(plane, side) for plane in planes], matrix)


def _sampled(picture: np.ndarray, side: int) -> np.ndarray:
    few = cv2.resize(picture, (4 * side, 4 * side), interpolation=cv2.INTER_NEAREST)
    return cv2.resize(few, (side, side), interpolation=cv2.INTER_AREA)


def warped(frame: Frame, matrix: int, transforms: np.ndarray, size: int) -> np.ndarray:
    """Crops (N, size, size, 3) uint8 RGB; outside the frame its edge pixels are repeated.

    ``transforms`` (N, 2, 3) map frame to crop, as cv2.warpAffine takes them.
    """
    planes = frame.yuv
    out = np.empty((len(transforms), size, size, 3), np.uint8)
    for transform, crop in zip(transforms, out, strict=True):
        if planes is None:
            source, moved = frame.rgb, transform
        else:
            source, moved = _surroundings(*planes, matrix, transform, size)
        cv2.warpAffine(source, moved, (size, size), dst=crop, borderMode=cv2.BORDER_REPLICATE)
    return out


def _surroundings(
    y: np.ndarray, u: np.ndarray, v: np.ndarray, matrix: int, transform: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """RGB of the part of the frame that a crop needs, and the transform from that part."""
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], float)
    in_frame = corners @ cv2.invertAffineTransform(transform).T
    height, width = y.shape
    x1, y1 = (np.floor(in_frame.min(0)) - 2).clip(0, (width - 2, height - 2)).astype(int) // 2
    x2, y2 = (np.ceil(in_frame.max(0)) + 3).clip(2, (width, height)).astype(int) // 2
    x2, y2 = max(x1 + 1, x2), max(y1 + 1, y2)
    around = (slice(y1, y2), slice(x1, x2))
    luma = y[2 * y1 : 2 * y2, 2 * x1 : 2 * x2]
    wide = (luma.shape[1], luma.shape[0])
    chroma = [cv2.resize(p[around], wide, interpolation=cv2.INTER_NEAREST) for p in (u, v)]
    moved = transform.copy()
    moved[:, 2] += transform[:, :2] @ (2 * x1, 2 * y1)
    return to_rgb([luma, *chroma], matrix), moved


def to_rgb(parts: Sequence[np.ndarray], matrix: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB of three limited-range planes of one size."""
    return cv2.transform(cv2.merge(parts), rgb_weights(matrix))


@cache
def rgb_weights(matrix: int) -> np.ndarray:
    """(3, 4) float32: RGB from limited-range Y, U, V and one."""
    red, green, blue = luma_weights(matrix)
    luma, chroma = 255 / 219, 255 / 224
    u, v = np.array([0.0, -2 * blue * (1 - blue) / green, 2 * (1 - blue)]) * chroma, np.array(
        [2 * (1 - red), -2 * red * (1 - red) / green, 0.0]
    ) * chroma  # fmt: skip
    y = np.full(3, luma)
    return np.stack([y, u, v, -16 * y - 128 * (u + v)], 1).astype(np.float32)
