"""Turn and scale each face to a standard picture, and say how good that picture is."""

from __future__ import annotations

import cv2
import numpy as np

from vidfx.stages.pixels import warped
from vidfx.types import Colour, Frame, Quality
from vidfx_engines.templates import TEMPLATES, similarity


def crops(rgb: np.ndarray, landmarks: np.ndarray, template: str, size: int) -> np.ndarray:
    """Aligned faces (N, size, size, 3) uint8 of a picture; its last pixels go on where it ends."""
    transforms = similarity(landmarks, TEMPLATES[template] * size)
    return warped(Frame(0, 0, rgb), Colour().matrix, transforms, size)


FULL_SIZE_PX = 80.0
SHARP_VARIANCE = 60.0


def sharpness(crop: np.ndarray) -> float:
    """Variance of the Laplacian of a crop (S, S, 3) uint8 in grey (Pech-Pacheco 2000)."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def quality(box: np.ndarray, landmarks: np.ndarray, variance: float) -> Quality:
    """Size, sharpness and frontality of one face, each 0 (useless) to 1 (as good as it gets).

    ``size``: mean side of the box against 80 px. ``blur``: from ``variance``, the sharpness of the
    aligned crop of 112 px. ``pose``: how far the nose stands from the middle of the
    eyes and between eyes and mouth, in the face's own frame.
    """
    width, height = box[2:] - box[:2]
    size = min(1.0, float(np.sqrt(max(width, 0) * max(height, 0))) / FULL_SIZE_PX)
    blur = variance / (variance + SHARP_VARIANCE)
    left, right, nose, mouth_left, mouth_right = landmarks.astype(np.float64)
    eyes, mouth = (left + right) / 2, (mouth_left + mouth_right) / 2
    across = right - left
    breadth, length = np.hypot(*across), np.hypot(*(mouth - eyes))
    if breadth < 1e-3 or length < 1e-3:
        return Quality(size, blur, 0.0)
    yaw = abs(float(np.dot(nose - (eyes + mouth) / 2, across / breadth))) / max(breadth, length)
    narrow = min(1.0, float(breadth / length) / 0.9)
    return Quality(size, blur, max(0.0, 1 - 1.5 * yaw) * narrow)
