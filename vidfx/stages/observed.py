"""What is found on consecutive frames, before it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from vidfx.types import Frame


@dataclass(frozen=True)
class ObservedFrame:
    """One frame, whose pixels are no longer needed."""

    frame: Frame
    time_s: float
    analysed: bool
    "whether the detector ran on this frame"
    cut: bool
    "whether a new shot begins with this frame"
    checked: bool = True
    "whether the second of two detectors ran on it, or there is only one"


@dataclass(frozen=True)
class ObservedFaces:
    """Faces found on some frames, in frame order."""

    frame: np.ndarray
    "(N,) int64, Frame.index"
    track: np.ndarray
    "(N,) int64, the number of the track; -1 where the face has none"
    box: np.ndarray
    "(N, 4) float32 xyxy px"
    score: np.ndarray
    "(N,) float32 0..1"
    landmarks: np.ndarray
    "(N, 5, 2) float32 px"
    weak: np.ndarray
    "(N,) bool: below the detector's threshold, where a track expected a face"
    quality: np.ndarray
    "(N, 3) float64: see vidfx.stages.align.quality; 0 without a track"
    identity: np.ndarray
    "(N, K) float32 probabilities; NaN where the face was not read, K is 0 without an engine"
    emotion: np.ndarray
    "(N, K) float32, as ``identity``"
    embedding: np.ndarray
    "(N, D) float32 of length 1; NaN where the face was not read, D is 0 without an engine"

    @classmethod
    def joined(cls, parts: Sequence[ObservedFaces]) -> ObservedFaces:
        """Those of one or more ``parts``, which follow each other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    def without_embeddings(self) -> ObservedFaces:
        return replace(self, embedding=self.embedding[:, :0])

    def rows(self, keep: np.ndarray | slice) -> ObservedFaces:
        return ObservedFaces(*(getattr(self, f.name)[keep] for f in fields(self)))


@dataclass(frozen=True)
class Observations:
    """Consecutive frames and their faces."""

    frames: Sequence[ObservedFrame]
    faces: ObservedFaces
