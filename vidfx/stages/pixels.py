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


def shrunk(frame: Frame, matrix: int, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB of the whole frame, see ``resized``."""
    planes = frame.yuv
    if planes is None:
        return resized(frame.rgb, width, height)
    return to_rgb([resized(plane, width, height) for plane in planes], matrix)


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """``picture`` in another size: its sides are halved while they are at least twice as long,
    then interpolated. That takes a third of cv2.INTER_AREA's time, and also uses all pixels.
    """
    while size := halved((picture.shape[1], picture.shape[0]), (width, height)):
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def halved(size: tuple[int, int], to: tuple[int, int]) -> tuple[int, int] | None:
    """``size`` with those sides halved that are at least twice as long as in ``to``; None where
    neither is.
    """
    (width, height), (to_width, to_height) = size, to
    narrower = width // 2 if width >= 2 * to_width else width
    lower = height // 2 if height >= 2 * to_height else height
    return None if (narrower, lower) == size else (narrower, lower)


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
    out = np.empty((len(transforms), size, size, 3), np.uint8)
    planes = frame.yuv
    if planes is None:
        for transform, crop in zip(transforms, out, strict=True):
            _warped(frame.rgb, transform, size, crop)
        return out
    luma, *chroma = planes
    for transform, of_chroma, crop in zip(transforms, _halved(transforms), out, strict=True):
        parts = [_warped(luma, transform, size)]
        parts += [_warped(plane, of_chroma, size) for plane in chroma]
        cv2.transform(cv2.merge(parts), rgb_weights(matrix), crop)
    return out


def _warped(
    picture: np.ndarray, transform: np.ndarray, size: int, out: np.ndarray | None = None
) -> np.ndarray:
    return cv2.warpAffine(picture, transform, (size, size), out, borderMode=cv2.BORDER_REPLICATE)


def _halved(transforms: np.ndarray) -> np.ndarray:
    """For planes of half the size, whose pixels are in the middle of four."""
    linear, shift = transforms[:, :, :2], transforms[:, :, 2]
    return np.concatenate([2 * linear, (shift + linear.sum(2) / 2)[:, :, None]], 2)


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
