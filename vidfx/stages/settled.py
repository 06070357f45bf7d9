"""The final results of consecutive frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from vidfx.stages.certainty import REASONS, Reason
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.smooth import UNKNOWN
from vidfx_engines.spec import OTHER

Source = Literal["detected", "tracked", "interpolated", "drawn"]
"""detected: on this frame; tracked: below the detector's threshold where a track expected it;
interpolated: between two frames with a detection; drawn: the box is a correction"""
SOURCES: tuple[Source, ...] = get_args(Source)
DETECTED, TRACKED, INTERPOLATED, DRAWN = range(4)


@dataclass(frozen=True)
class Labels:
    """The labels chosen for N faces."""

    names: tuple[str, ...]
    index: np.ndarray
    "(N,) int64 into ``names``; NO_LABEL: none was read, or none is likely enough"
    prob: np.ndarray
    "(N,) of the label; of the most likely one where none is chosen; NaN where none was read"

    def rows(self, keep: slice | np.ndarray) -> Labels:
        return Labels(self.names, self.index[keep], self.prob[keep])

    def are_people(self) -> np.ndarray:
        """(N,) bool: whether the label is the name of a person."""
        people = [name not in (OTHER, UNKNOWN) for name in self.names]
        return np.array([*people, False])[self.index]

    def texts(self) -> list[str | None]:
        """The label of each face."""
        names = (*self.names, None)  # which NO_LABEL finds
        indices: list[int] = self.index.tolist()
        return [names[i] for i in indices]


@dataclass(frozen=True)
class Expressions(Labels):
    """Labels with the probabilities of all of them."""

    probs: np.ndarray
    "(N, K) in the order of ``names``; NaN where none was read"

    def rows(self, keep: slice | np.ndarray) -> Expressions:
        return Expressions(self.names, self.index[keep], self.prob[keep], self.probs[keep])


@dataclass(frozen=True)
class SettledFaces:
    """Faces of some frames, in frame order, those of one frame by track."""

    track: np.ndarray
    "(N,) int64, from 1, unique in a video"
    box: np.ndarray
    "(N, 4) float32 xyxy px"
    landmarks: np.ndarray
    "(N, 5, 2) float32 px; NaN if added by a correction"
    source: np.ndarray
    "(N,) int64 into SOURCES"
    score: np.ndarray
    "(N,) float32 of the detector; NaN if interpolated, or added by a correction"
    quality: np.ndarray
    "(N, 3) float64: see vidfx.stages.align.quality; NaN as ``score``"
    identity: Labels | None
    "of the track so far; this and the others: None without an engine"
    emotion: Expressions | None
    "smoothed over the track"
    emotion_reason: np.ndarray | None
    "(N,) int64 into REASONS: why a face has no ``emotion``"
    raw_identity: Labels | None
    "on this frame alone"
    raw_emotion: Expressions | None
    "on this frame alone"
    person: np.ndarray | None = None
    "(N,) int64 from 1, the same in all tracks of a person; 0: not known; None without embeddings"

    def __len__(self) -> int:
        return len(self.track)

    def sources(self) -> list[Source]:
        """That of each face."""
        indices: list[int] = self.source.tolist()
        return [SOURCES[i] for i in indices]

    def emotion_reasons(self) -> list[Reason]:
        """That of each face; all empty without an engine."""
        if self.emotion_reason is None:
            return [REASONS[0]] * len(self.track)
        indices: list[int] = self.emotion_reason.tolist()
        return [REASONS[i] for i in indices]

    def rows(self, keep: slice | np.ndarray) -> SettledFaces:
        return SettledFaces(
            *(a[keep] for a in (self.track, self.box, self.landmarks)),
            *(a[keep] for a in (self.source, self.score, self.quality)),
            identity=self.identity and self.identity.rows(keep),
            emotion=self.emotion and self.emotion.rows(keep),
            emotion_reason=None if self.emotion_reason is None else self.emotion_reason[keep],
            raw_identity=self.raw_identity and self.raw_identity.rows(keep),
            raw_emotion=self.raw_emotion and self.raw_emotion.rows(keep),
            person=None if self.person is None else self.person[keep],
        )


@dataclass(frozen=True)
class UnshownFaces:
    """Detections of some frames that are in no row, in frame order.

    They are weak, or of a track that is not confirmed, or not yet.
    """

    place: np.ndarray
    "(N,) int64, the place of the frame"
    box: np.ndarray
    "(N, 4) float32 xyxy px"
    score: np.ndarray
    "(N,) float32 of the detector"

    def __len__(self) -> int:
        return len(self.place)


NO_UNSHOWN = UnshownFaces(
    np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
)


@dataclass(frozen=True)
class Settled:
    """Consecutive frames and their faces."""

    frames: Sequence[ObservedFrame]
    place: np.ndarray
    "(N,) int64, the place in ``frames`` of the frame of each face"
    faces: SettledFaces
    unshown: UnshownFaces = NO_UNSHOWN

    @property
    def places(self) -> list[int]:
        """``place`` as a list."""
        return self.place.tolist()

    @property
    def counts(self) -> np.ndarray:
        """(F,) int64, the number of faces on each frame."""
        return np.bincount(self.place, minlength=len(self.frames))

    def each(self) -> Iterator[tuple[ObservedFrame, SettledFaces]]:
        """Frame by frame."""
        end = 0
        for frame, count in zip(self.frames, self.counts.tolist(), strict=True):
            start, end = end, end + count
            yield frame, self.faces.rows(slice(start, end))
