"""What is found on each frame before it is settled, and a file of these observations.

The segments of a long video are observed side by side. Then one tracker runs over all their
observations, so that a track continues from one segment to the next.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vidfx.stages.look_ahead import FaceObservation
from vidfx.stages.track import NONE, Tracker
from vidfx.types import Frame, Quality


@dataclass(frozen=True)
class FrameObservations:
    """One frame and the faces that were found on it."""

    frame: Frame
    time_s: float
    faces: Mapping[int, FaceObservation]
    "by track"
    analysed: bool
    "whether the detector ran on this frame"
    cut: bool
    "whether a new shot begins with this frame"


NO_PIXELS = np.empty((0, 0, 3), np.uint8)
"""Of a frame whose pixels are no longer needed."""
_SOURCES = ("detected", "tracked")
_FRAME = np.dtype("i8,i8,f8,?,?,i8")
"""Index, pts, time_s, analysed, cut, and the number of faces."""
_FACE = ("box", "score", "landmarks", "source", "quality", "identity", "emotion")


def save(file: Path, observations: Iterable[FrameObservations]) -> int:
    """Write observations, without pixels and track numbers; returns the number of frames.

    Raises OSError.
    """
    frames: list[tuple[int, int, float, bool, bool, int]] = []
    faces: list[FaceObservation] = []
    for one in observations:
        frames.append(
            (one.frame.index, one.frame.pts, one.time_s, one.analysed, one.cut, len(one.faces))
        )
        faces += one.faces.values()
    with file.open("wb") as out:
        np.savez(
            out,
            frames=np.array(frames, _FRAME),
            box=_stacked([f.box for f in faces], (4,)),
            score=np.array([f.score for f in faces]),
            landmarks=_stacked([f.landmarks for f in faces], (5, 2)),
            source=np.array([_SOURCES.index(f.source) for f in faces], np.uint8),
            quality=_stacked([_factors(f.quality) for f in faces], (3,)),
            identity=_probabilities([f.identity for f in faces]),
            emotion=_probabilities([f.emotion for f in faces]),
        )
    return len(frames)


def load(file: Path) -> Iterator[FrameObservations]:
    """What ``save`` wrote; the faces of each frame are numbered from 0.

    Raises OSError, and ValueError where the file is damaged.
    """
    try:
        with np.load(file, allow_pickle=False) as content:
            frames = content["frames"].tolist()
            columns = [content[name] for name in _FACE]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file}: not a file of observations") from error
    row = 0
    for index, pts, time_s, analysed, cut, count in frames:
        faces = {i: _face(index, time_s, columns, row + i) for i in range(count)}
        row += count
        yield FrameObservations(Frame(index, pts, NO_PIXELS), time_s, faces, analysed, cut)


def follow(
    observations: Iterable[FrameObservations], tracker: Tracker
) -> Iterator[FrameObservations]:
    """The same frames with the track numbers that ``tracker`` gives; other faces are dropped."""
    for one in observations:
        if one.cut:
            tracker.cut()
        faces = one.faces
        if one.analysed:
            found = list(one.faces.values())
            boxes = _stacked([f.box for f in found], (4,)).astype(np.float32)
            scores = np.array([f.score for f in found], np.float32)
            numbers = tracker.update(one.time_s, boxes, scores).tolist()
            pairs = zip(numbers, found, strict=True)
            faces = {number: face for number, face in pairs if number != NONE}
        yield replace(one, faces=faces)


def _face(index: int, time_s: float, columns: list[np.ndarray], row: int) -> FaceObservation:
    box, score, landmarks, source, quality, identity, emotion = (c[row] for c in columns)
    return FaceObservation(
        index=index,
        time_s=time_s,
        box=box,
        score=float(score),
        landmarks=landmarks,
        source=_SOURCES[int(source)],
        quality=Quality(*map(float, quality)),
        identity=None if np.isnan(identity).any() or not len(identity) else identity,
        emotion=None if np.isnan(emotion).any() or not len(emotion) else emotion,
    )


def _factors(quality: Quality) -> np.ndarray:
    return np.array([quality.size, quality.blur, quality.pose])


def _stacked(items: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack(items) if items else np.empty((0, *shape))


def _probabilities(items: list[np.ndarray | None]) -> np.ndarray:
    """(N, K) with NaN in the rows of faces that were not read; K is 0 where none was."""
    labels = next((len(p) for p in items if p is not None), 0)
    unread = np.full(labels, np.nan, np.float32)
    return _stacked([unread if p is None else p for p in items], (labels,))
