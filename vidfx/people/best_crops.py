"""The few faces of each track whose embeddings are kept, while a video is read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vidfx.people.embeddings_file import TrackEmbeddings

MOST = 8
"""Of a track."""


@dataclass(frozen=True, eq=False)
class _Face:
    frame: int
    quality: float
    embedding: np.ndarray
    "(D,) float32"


class BestCrops:
    """Keeps at most MOST faces of each track, spread over its time. Frames come in order."""

    def __init__(self, model: str) -> None:
        """``model`` is EngineSpec.embedding_model of the engine."""
        self._model = model
        self._tracks: dict[int, list[_Face]] = {}

    def add(
        self, track: np.ndarray, frame: np.ndarray, quality: np.ndarray, embedding: np.ndarray
    ) -> None:
        """Faces (N,) with their embeddings (N, D), NaN where there is none; -1: without a track."""
        for row in np.flatnonzero((track >= 0) & ~np.isnan(embedding).any(1)).tolist():
            faces = self._tracks.setdefault(int(track[row]), [])
            faces.append(_Face(int(frame[row]), float(quality[row]), embedding[row]))
            if len(faces) > MOST:
                faces.remove(_least_missed(faces))

    def kept(self) -> TrackEmbeddings:
        """Those so far."""
        tracks = sorted(self._tracks.items())
        faces = [face for _, some in tracks for face in some]
        if not faces:
            return TrackEmbeddings.empty(self._model)
        return TrackEmbeddings(
            track_id=np.repeat([n for n, _ in tracks], [len(some) for _, some in tracks]).astype(
                np.int32
            ),
            frame=np.array([face.frame for face in faces], np.int64),
            quality=np.array([face.quality for face in faces], np.float32),
            embedding=np.array([face.embedding for face in faces], np.float16),
            model=self._model,
        )


def _least_missed(faces: list[_Face]) -> _Face:
    """Of the two that are nearest in time, the one of less quality."""
    one, other = min(pairwise(faces), key=lambda pair: pair[1].frame - pair[0].frame)
    return one if one.quality <= other.quality else other
