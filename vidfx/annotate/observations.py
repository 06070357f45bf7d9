"""What is seen on each frame, before anything is believed of it; and a file of it.

The segments of a long video are looked at side by side; then the tracker runs once more over all
that was found, so that a track goes on from one segment to the next.
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
    """One frame and the faces that were found on it, by track."""

    frame: Frame
    time_s: float
    sightings: Mapping[int, FaceObservation]
    analysed: bool
    "whether the detector ran on this frame"
    cut: bool
    "whether a new shot begins with this frame"


NO_PIXELS = np.empty((0, 0, 3), np.uint8)
_SOURCES = ("detected", "tracked")
_FRAME = np.dtype("i8,i8,f8,?,?,i8")
"""Index, pts, time_s, looked, cut, and how many faces."""
_FACE = ("box", "score", "landmarks", "source", "quality", "identity", "emotion")


def save(file: Path, observed: Iterable[FrameObservations]) -> int:
    """Write frames, without pixels and without the numbers of tracks; returns how many.

    Raises OSError.
    """
    frames: list[tuple[int, int, float, bool, bool, int]] = []
    seen: list[FaceObservation] = []
    for one in observed:
        frames.append(
            (one.frame.index, one.frame.pts, one.time_s, one.analysed, one.cut, len(one.sightings))
        )
        seen += one.sightings.values()
    with file.open("wb") as out:
        np.savez(
            out,
            frames=np.array(frames, _FRAME),
            box=_stacked([s.box for s in seen], (4,)),
            score=np.array([s.score for s in seen]),
            landmarks=_stacked([s.landmarks for s in seen], (5, 2)),
            source=np.array([_SOURCES.index(s.source) for s in seen], np.uint8),
            quality=_stacked([_factors(s.quality) for s in seen], (3,)),
            identity=_probabilities([s.identity for s in seen]),
            emotion=_probabilities([s.emotion for s in seen]),
        )
    return len(frames)


def load(file: Path) -> Iterator[FrameObservations]:
    """What ``save`` wrote; tracks are numbered anew on each frame. Raises OSError, ValueError."""
    try:
        with np.load(file, allow_pickle=False) as content:
            frames = content["frames"].tolist()
            of_faces = [content[name] for name in _FACE]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file}: not a file of what was seen") from error
    row = 0
    for index, pts, time_s, looked, cut, faces in frames:
        sightings = {i: _sighting(index, time_s, of_faces, row + i) for i in range(faces)}
        row += faces
        yield FrameObservations(Frame(index, pts, NO_PIXELS), time_s, sightings, looked, cut)


def follow(observed: Iterable[FrameObservations], tracker: Tracker) -> Iterator[FrameObservations]:
    """The same frames with the numbers that ``tracker`` gives; what it does not believe is left."""
    for one in observed:
        if one.cut:
            tracker.cut()
        sightings = one.sightings
        if one.analysed:
            found = list(one.sightings.values())
            boxes = _stacked([s.box for s in found], (4,)).astype(np.float32)
            scores = np.array([s.score for s in found], np.float32)
            numbers = tracker.update(one.time_s, boxes, scores).tolist()
            pairs = zip(numbers, found, strict=True)
            sightings = {number: s for number, s in pairs if number != NONE}
        yield replace(one, sightings=sightings)


def _sighting(index: int, time_s: float, columns: list[np.ndarray], row: int) -> FaceObservation:
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
    """(N, K), NaN where nothing was read; K is 0 where nothing was read at all."""
    labels = next((len(p) for p in items if p is not None), 0)
    nothing = np.full(labels, np.nan, np.float32)
    return _stacked([nothing if p is None else p for p in items], (labels,))
