"""Warps each face to a standard crop, and rates its quality."""

from __future__ import annotations

import cv2
import numpy as np

from vidfx.stages.pixels import warped
from vidfx.types import SQUARE, Colour, Frame, Quality, Stretch
from vidfx_engines.templates import TEMPLATES, similarity


def transforms(
    landmarks: np.ndarray, template: str, size: int, stretch: Stretch = SQUARE
) -> np.ndarray:
    """(N, 2, 3) float64 that map the picture's pixels to aligned crops of ``size`` px.

    ``landmarks`` are (N, 5, 2) px. Crops have square pixels, whatever the ``stretch``.
    """
    factors = np.array(stretch)
    found = similarity(landmarks * factors.astype(landmarks.dtype), TEMPLATES[template] * size)
    found[:, :, :2] *= factors
    return found


def crops(
    rgb: np.ndarray, landmarks: np.ndarray, template: str, size: int, stretch: Stretch = SQUARE
) -> np.ndarray:
    """Aligned faces (N, size, size, 3) uint8 of a picture (H, W, 3) uint8 RGB.

    Outside the picture its edge pixels are repeated.
    """
    to_crop = transforms(landmarks, template, size, stretch)
    return warped(Frame(0, 0, rgb), Colour().matrix, to_crop, size)


FULL_SIZE_PX = 80.0
SHARP_VARIANCE = 60.0


def sharpness(crop: np.ndarray) -> float:
    """Variance of the Laplacian of a crop (S, S, 3) uint8 in grey (Pech-Pacheco 2000)."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def shorter_side(box: np.ndarray, stretch: Stretch = SQUARE) -> np.ndarray:
    """(N,) px of boxes (N, 4), with square pixels."""
    sides = (box[:, 2:] - box[:, :2]) * np.array(stretch, box.dtype)
    return sides.min(axis=1, initial=np.inf)


def quality(
    box: np.ndarray, landmarks: np.ndarray, variance: float, stretch: Stretch = SQUARE
) -> Quality:
    """Size, sharpness and frontality of one face, each 0 (useless) to 1 (best).

    ``size``: mean side of the box against 80 px, which no stretch changes. ``blur``: from
    ``variance``, the sharpness of the aligned crop of 112 px. ``pose``: how far the nose is
    from the middle between eyes and mouth, across the face.
    """
    width, height = box[2:] - box[:2]
    size = min(1.0, float(np.sqrt(max(width, 0) * max(height, 0))) / FULL_SIZE_PX)
    blur = variance / (variance + SHARP_VARIANCE)
    left, right, nose, mouth_left, mouth_right = landmarks.astype(np.float64) * stretch
    eyes, mouth = (left + right) / 2, (mouth_left + mouth_right) / 2
    across = right - left
    breadth, length = np.hypot(*across), np.hypot(*(mouth - eyes))
    if breadth < 1e-3 or length < 1e-3:
        return Quality(size, blur, 0.0)
    yaw = abs(float(np.dot(nose - (eyes + mouth) / 2, across / breadth))) / max(breadth, length)
    narrow = min(1.0, float(breadth / length) / 0.9)
    return Quality(size, blur, max(0.0, 1 - 1.5 * yaw) * narrow)
