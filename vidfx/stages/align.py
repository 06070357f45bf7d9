"""Turn and scale each face to a standard picture, and say how good that picture is."""

from __future__ import annotations

import cv2
import numpy as np

from vidfx.types import Quality

_ARCFACE_112 = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Where ArcFace's models, and so insightface's ``norm_crop``, want the five landmarks."""

_FER_48 = np.array([[15.3, 19.6], [32.7, 19.6], [24.0, 28.8], [17.1, 35.9], [30.9, 35.9]])
"""Where CenterFace finds them on FER2013's 48 px pictures: the median of 505, made symmetric."""

TEMPLATES = {"arcface": _ARCFACE_112 / 112, "fer": _FER_48 / 48}
"""Landmarks (5, 2) in a crop of side 1, by name."""


def similarity(landmarks: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The least-squares turn, scale and shift from ``landmarks`` (N, 5, 2) to ``template`` (5, 2).

    Returns (N, 2, 3) float64, for ``cv2.warpAffine``. Closed form of Umeyama (1991) in the plane:
    points as complex numbers, one division.
    """
    source = landmarks[..., 0].astype(np.float64) + 1j * landmarks[..., 1]
    target = template[:, 0] + 1j * template[:, 1]
    source_mean, target_mean = source.mean(-1, keepdims=True), target.mean()
    centred = source - source_mean
    spread = np.maximum((np.abs(centred) ** 2).sum(-1, keepdims=True), 1e-12)
    turn = (centred.conj() * (target - target_mean)).sum(-1, keepdims=True) / spread
    shift = target_mean - turn * source_mean
    rows = [
        np.concatenate([turn.real, -turn.imag, shift.real], -1),
        np.concatenate([turn.imag, turn.real, shift.imag], -1),
    ]
    return np.stack(rows, -2)


def crops(rgb: np.ndarray, landmarks: np.ndarray, template: str, size: int) -> np.ndarray:
    """Aligned faces (N, size, size, 3) uint8 of one picture; black where it ends."""
    matrices = similarity(landmarks, TEMPLATES[template] * size)
    out = np.empty((len(landmarks), size, size, 3), np.uint8)
    for matrix, crop in zip(matrices, out, strict=True):
        cv2.warpAffine(rgb, matrix, (size, size), dst=crop, borderValue=(0, 0, 0))
    return out


FULL_SIZE_PX = 80.0
SHARP_VARIANCE = 60.0


def quality(box: np.ndarray, landmarks: np.ndarray, crop: np.ndarray) -> Quality:
    """Size, sharpness and frontality of one face, each 0 (useless) to 1 (as good as it gets).

    ``size``: mean side of the box against 80 px. ``blur``: variance of the Laplacian of the
    aligned crop (Pech-Pacheco 2000). ``pose``: how far the nose stands from the middle of the
    eyes and between eyes and mouth, in the face's own frame.
    """
    width, height = box[2:] - box[:2]
    size = min(1.0, float(np.sqrt(max(width, 0) * max(height, 0))) / FULL_SIZE_PX)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    variance = float(cv2.Laplacian(grey, cv2.CV_32F).var())
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
