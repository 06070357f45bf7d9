"""Warps each face to a standard crop, and rates its quality."""

from __future__ import annotations

import cv2
import numpy as np

from vidfx.stages.pixels import warped
from vidfx.types import SQUARE, Colour, Frame, Stretch
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
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return float(deviation[0, 0]) ** 2


def shorter_side(box: np.ndarray, stretch: Stretch = SQUARE) -> np.ndarray:
    """(N,) px of boxes (N, 4), with square pixels."""
    sides = (box[:, 2:] - box[:, :2]) * np.array(stretch, box.dtype)
    return sides.min(axis=1, initial=np.inf)


def quality(
    box: np.ndarray, landmarks: np.ndarray, variance: np.ndarray, stretch: Stretch = SQUARE
) -> np.ndarray:
    """(N, 3) float64: size, sharpness and frontality of faces, each 0 (useless) to 1 (best).

    ``size``: mean side of the box (N, 4) against 80 px, which no stretch changes. ``blur``: from
    ``variance`` (N,), the sharpness of the aligned crop of 112 px. ``pose``: how far the nose is
    from the middle between eyes and mouth, across the face, by the landmarks (N, 5, 2).
    """
    sides = np.maximum(box[:, 2:] - box[:, :2], 0)
    size = np.sqrt(sides[:, 0] * sides[:, 1]).astype(np.float64) / FULL_SIZE_PX
    blur = variance / (variance + SHARP_VARIANCE)
    left, right, nose, mouth_left, mouth_right = np.moveaxis(landmarks * np.array(stretch), 1, 0)
    eyes, mouth = (left + right) / 2, (mouth_left + mouth_right) / 2
    across, down = right - left, mouth - eyes
    breadth, length = np.hypot(*across.T), np.hypot(*down.T)
    aside = np.abs(((nose - (eyes + mouth) / 2) * across).sum(1))
    flat = np.minimum(breadth, length) < 1e-3
    breadth, length = np.maximum(breadth, 1e-3), np.maximum(length, 1e-3)
    yaw = aside / breadth / np.maximum(breadth, length)
    pose = np.maximum(0, 1 - 1.5 * yaw) * np.minimum(1, breadth / length / 0.9)
    return np.stack([np.minimum(1, size), blur, np.where(flat, 0, pose)], 1)
