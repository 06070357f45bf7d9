"""Observed and settled frames, to and from one object a frame and one a face."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from vidfx.stages.certainty import REASONS, Reason
from vidfx.stages.observed import Observations, ObservedFaces, ObservedFrame
from vidfx.stages.settled import SOURCES, Expressions, Labels, Settled, SettledFaces, Source
from vidfx.types import Frame


@dataclass(frozen=True)
class Sighting:
    """A face that is found on a frame."""

    box: np.ndarray
    landmarks: np.ndarray
    score: float = 0.7
    weak: bool = False
    quality: tuple[float, float, float] = (1.0, 1.0, 1.0)
    identity: np.ndarray | None = None
    emotion: np.ndarray | None = None


def observed(
    frames: Sequence[ObservedFrame],
    faces: Sequence[Mapping[int, Sighting]],
    *,
    identities: int = 0,
    emotions: int = 0,
) -> Observations:
    """``faces`` of each frame, by track; the numbers of labels are 0 without an engine."""
    rows = [
        (frame.frame.index, track, face)
        for frame, some in zip(frames, faces, strict=True)
        for track, face in some.items()
    ]
    found = [face for _, _, face in rows]

    def probabilities(given: list[np.ndarray | None], labels: int) -> np.ndarray:
        unread = np.full(labels, np.nan)
        return np.array([unread if p is None else p for p in given], np.float32).reshape(
            len(given), labels
        )

    return Observations(
        frames,
        ObservedFaces(
            frame=np.array([index for index, _, _ in rows], np.int64),
            track=np.array([track for _, track, _ in rows], np.int64),
            box=np.array([f.box for f in found], np.float32).reshape(-1, 4),
            score=np.array([f.score for f in found], np.float32),
            landmarks=np.array([f.landmarks for f in found], np.float32).reshape(-1, 5, 2),
            weak=np.array([f.weak for f in found], bool),
            quality=np.array([f.quality for f in found], np.float64).reshape(-1, 3),
            identity=probabilities([f.identity for f in found], identities),
            emotion=probabilities([f.emotion for f in found], emotions),
            embedding=np.zeros((len(found), 0), np.float32),
        ),
    )


class Reading(NamedTuple):
    """The label of one face; None where none is likely enough."""

    label: str | None
    prob: float
    probs: tuple[float, ...] = ()


@dataclass(frozen=True)
class SettledFace:
    """One face of a settled frame; None where nothing was measured or read."""

    track_id: int
    box: np.ndarray
    landmarks: np.ndarray
    source: Source = "detected"
    score: float | None = None
    quality: tuple[float, ...] | None = None
    identity: Reading | None = None
    emotion: Reading | None = None
    emotion_reason: Reason = ""
    raw_identity: Reading | None = None
    raw_emotion: Reading | None = None


@dataclass(frozen=True)
class SettledFrame:
    """One settled frame."""

    frame: Frame
    faces: list[SettledFace] = field(default_factory=list[SettledFace])
    analysed: bool = True
    cut: bool = False


def frame_by_frame(settled: Iterable[Settled | None]) -> list[SettledFrame]:
    """All frames, in order."""
    return [
        SettledFrame(one.frame, _faces(faces), one.analysed, one.cut)
        for some in settled
        if some is not None
        for one, faces in some.each()
    ]


def _faces(faces: SettledFaces) -> list[SettledFace]:
    n = len(faces.track)
    columns = (
        *(faces.track.tolist(), faces.box, faces.landmarks, faces.sources()),
        [None if math.isnan(score) else score for score in faces.score.tolist()],
        [None if math.isnan(parts[0]) else tuple(parts) for parts in faces.quality.tolist()],
        *(_readings(faces.identity, n), _readings(faces.emotion, n), faces.emotion_reasons()),
        *(_readings(faces.raw_identity, n), _readings(faces.raw_emotion, n)),
    )
    return [SettledFace(*values) for values in zip(*columns, strict=True)]


def _readings(labels: Labels | None, count: int) -> list[Reading | None]:
    if labels is None:
        return [None] * count
    probs = labels.probs.tolist() if isinstance(labels, Expressions) else [()] * count
    return [
        None if math.isnan(prob) else Reading(text, prob, tuple(line))
        for text, prob, line in zip(labels.texts(), labels.prob.tolist(), probs, strict=True)
    ]


def settled_of(frame: Frame, faces: Sequence[SettledFace], emotions: tuple[str, ...]) -> Settled:
    """The faces of one frame, with expressions and without identities, from their objects."""

    def expressions(readings: Sequence[Reading | None]) -> Expressions:
        none = Reading(None, math.nan, (math.nan,) * len(emotions))
        given = [reading or none for reading in readings]
        return Expressions(
            emotions,
            np.array([-1 if r.label is None else emotions.index(r.label) for r in given], np.int64),
            np.array([r.prob for r in given]),
            np.array([r.probs for r in given]).reshape(len(given), len(emotions)),
        )

    nan3 = (math.nan,) * 3
    return Settled(
        [ObservedFrame(frame, frame.pts / 25, analysed=True, cut=False)],
        np.zeros(len(faces), np.int64),
        SettledFaces(
            track=np.array([f.track_id for f in faces], np.int64),
            box=np.array([f.box for f in faces], np.float32).reshape(-1, 4),
            landmarks=np.array([f.landmarks for f in faces], np.float32).reshape(-1, 5, 2),
            source=np.array([SOURCES.index(f.source) for f in faces], np.int64),
            score=np.array([math.nan if f.score is None else f.score for f in faces], np.float32),
            quality=np.array([f.quality or nan3 for f in faces]).reshape(-1, 3),
            identity=None,
            emotion=expressions([f.emotion for f in faces]),
            emotion_reason=np.array([REASONS.index(f.emotion_reason) for f in faces], np.int64),
            raw_identity=None,
            raw_emotion=expressions([f.raw_emotion for f in faces]),
        ),
    )
