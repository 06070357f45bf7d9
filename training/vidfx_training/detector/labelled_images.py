"""Labelled training images of the detector: a folder with ``faces.json``.

``{"pictures": [{"file", "fold", "faces", "unsure"}]}``: a face is 15 numbers, a box xyxy, whether
its landmarks are known, and five landmarks xy; ``unsure`` are ignored regions without loss. All in
pixels of the file. ``fold`` is -1 for pictures that are never used for measuring.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vidfx_training.errors import TrainingError

LEVELS = 4
"""Levels of the image pyramid, each half the size of the one before."""


@dataclass(frozen=True)
class FaceLabels:
    """The faces of one image: boxes (N, 4) xyxy, landmarks (N, 5, 2), both px."""

    box: np.ndarray
    marks: np.ndarray
    has_marks: np.ndarray
    "(N,) bool"
    unsure: np.ndarray
    "(M, 4) xyxy px, ignored regions"


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image, as its encoded file, and its faces."""

    name: str
    fold: int
    data: bytes
    faces: FaceLabels

    def pyramid(self) -> list[np.ndarray]:
        """(H, W, 3) uint8 RGB, then half of it, and so on."""
        bgr = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise TrainingError(f"{self.name}: not a picture", hint="remove it from faces.json")
        levels = [cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)]
        while len(levels) < LEVELS and min(levels[-1].shape[:2]) >= 32:
            height, width = levels[-1].shape[:2]
            levels.append(
                cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            )
        return levels


def read_labelled_images(folder: Path) -> list[LabelledImage]:
    """All of them; TrainingError, one line, where the folder is not what it should be."""
    index = folder / "faces.json"
    try:
        entries: list[dict[str, Any]] = json.loads(index.read_text(encoding="utf-8"))["pictures"]
        return [
            LabelledImage(str(e["file"]), int(e["fold"]), _inside(folder, e["file"]).read_bytes(),
                    _faces(e["faces"], e["unsure"]))
            for e in entries
        ]  # fmt: skip
    except OSError as error:
        raise TrainingError(f"{error.filename}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{index}: {type(error).__name__}: {error}",
            hint="make it with python -m benchmarks detector_data",
        ) from None


def _inside(folder: Path, name: object) -> Path:
    path = folder / str(name)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name} leads out of the folder")
    return path


def _faces(faces: Sequence[Sequence[float]], unsure: Sequence[Sequence[float]]) -> FaceLabels:
    row = np.asarray(faces, np.float32).reshape(-1, 15)
    return FaceLabels(
        row[:, :4],
        row[:, 5:].reshape(-1, 5, 2),
        row[:, 4] > 0,
        np.asarray(unsure, np.float32).reshape(-1, 4),
    )
