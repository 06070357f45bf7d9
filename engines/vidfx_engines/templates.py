"""Positions of the five landmarks in a classifier's crop, by CropSpec.template."""

from __future__ import annotations

import numpy as np

_ARCFACE_112 = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Landmarks of ArcFace's models and of insightface's ``norm_crop``, in px of 112."""

_FER_48 = np.array([[15.3, 19.6], [32.7, 19.6], [24.0, 28.8], [17.1, 35.9], [30.9, 35.9]])
"""CenterFace's landmarks on FER2013's 48 px pictures: the median of 505, made symmetric."""

_DLIB_150 = np.array(
    [[46.59, 46.0], [102.41, 46.0], [74.5, 78.88], [50.88, 104.69], [98.12, 104.69]]
)
"""Our detectors' landmarks in px of 150, as dlib's face network wants faces: fitted on photographs
of people who are in no test pair."""

TEMPLATES = {"arcface": _ARCFACE_112 / 112, "dlib": _DLIB_150 / 150, "fer": _FER_48 / 48}
"""Landmarks (5, 2) in a crop of side 1, by name."""


def similarity(landmarks: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Least-squares rotation, scale and shift from ``landmarks`` (N, 5, 2) to ``template`` (5, 2).

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
