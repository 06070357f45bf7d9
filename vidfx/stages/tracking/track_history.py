"""Tracks: what is known of each, and the latest observations of all of them in arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vidfx.stages.certainty import NO_LABEL, UNDECIDED, Decision
from vidfx.stages.observed import Observations, ObservedFrame
from vidfx.stages.smooth import IdentityDecider

SPAN = 1 << 40
"""More than any Frame.index."""


class Standing(NamedTuple):
    """What is known of a track from its observations so far."""

    serial: int
    "of the track: from 0, in the order in which tracks begin"
    observed: int
    "number of observations that count as evidence"
    total: float
    "of the scores of those that count: of checks, and strong ones"
    best: float
    "of these scores"
    verified: bool
    "a check has found it"
    decided: int
    "the identity: an index into the labels, NO_LABEL before one was read"
    decided_prob: float


@dataclass
class Shot:
    analysed: int = 0
    "frames with detection, so far"
    over_from: float = math.inf
    "Frame.index of the first frame of the next shot"


@dataclass
class Track:
    """One track: sums over all its observations, and what was decided on the last settled frame."""

    serial: int
    number: int
    shot: Shot
    decider: IdentityDecider | None
    count: int = 0
    "of its observations that count as evidence"
    total_score: float = 0.0
    best_score: float = 0.0
    verified: bool = False
    last_s: float = -math.inf
    "time of the last observation"
    identity: tuple[int, float] = NO_LABEL, math.nan
    "decided so far: the index of the label, and its probability"
    confirmed: bool = False
    placed: bool = False
    "whether the face has a place on that frame"
    emotion: Decision = UNDECIDED
    "there"

    def add(
        self,
        frame: ObservedFrame,
        score: float,
        weak: bool,
        quality: float,
        identity: np.ndarray,
    ) -> Standing:
        """Count an observation; ``identity`` is (K,), NaN where it was not read.

        What a detector that is checked finds weakly shows where a face is, not that it is one.
        """
        if frame.checked or not weak:
            self.count += 1
            self.total_score += score
            self.best_score = max(self.best_score, score)
        self.verified |= frame.checked
        self.last_s = frame.time_s
        if self.decider and not math.isnan(identity[0]):
            self.decider.add(quality, identity)
            self.identity = self.decider()
        sums = self.count, self.total_score, self.best_score
        return Standing(self.serial, *sums, self.verified, *self.identity)


@dataclass(frozen=True)
class TrackHistory:
    """Observations of tracks: one track after the other, each in order of time."""

    frame: np.ndarray
    "(R,) int64, Frame.index"
    time_s: np.ndarray
    "(R,) float64"
    points: np.ndarray
    "(R, 7, 2) float32 px: top left and bottom right of the box, and five landmarks"
    score: np.ndarray
    "(R,), see ObservedFaces; so are weak, quality, identity and emotion"
    weak: np.ndarray
    quality: np.ndarray
    identity: np.ndarray
    emotion: np.ndarray
    serial: np.ndarray
    "(R,), see Standing, with this observation counted; so are the others"
    count: np.ndarray
    total: np.ndarray
    best: np.ndarray
    verified: np.ndarray
    decided: np.ndarray
    decided_prob: np.ndarray

    @classmethod
    def of(cls, observed: Observations, standings: Sequence[Standing]) -> TrackHistory:
        """In frame order; ``standings`` are of the same faces."""
        faces = observed.faces
        times = {f.frame.index: f.time_s for f in observed.frames}
        table = np.array(standings, np.float64).reshape(-1, len(Standing._fields))
        serial, count, total, best, verified, decided, decided_prob = table.T
        points = np.concatenate([faces.box, faces.landmarks.reshape(-1, 10)], 1)
        history = cls(
            faces.frame,
            np.array([times[index] for index in faces.frame.tolist()]),
            points.reshape(-1, 7, 2),
            *(faces.score, faces.weak, faces.quality, faces.identity, faces.emotion),
            *(serial.astype(np.int64), count, total, best, verified.astype(bool)),
            *(decided.astype(np.int64), decided_prob),
        )
        return history._by_track()

    def followed_by(self, later: TrackHistory) -> TrackHistory:
        """With the observations of later frames."""
        return TrackHistory(
            *(np.concatenate([getattr(self, f.name), getattr(later, f.name)]) for f in fields(self))
        )._by_track()

    def _by_track(self) -> TrackHistory:
        return self.rows(np.argsort(self.serial, kind="stable"))

    def rows(self, keep: np.ndarray) -> TrackHistory:
        return TrackHistory(*(getattr(self, f.name)[keep] for f in fields(self)))

    def begin(self, serial: np.ndarray) -> np.ndarray:
        """The first row of each track; in the shape of ``serial``."""
        return np.searchsorted(self.serial, serial, "left")

    def end(self, serial: np.ndarray) -> np.ndarray:
        """The row after the last one of each track; in the shape of ``serial``."""
        return np.searchsorted(self.serial, serial, "right")

    def after(self, serial: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """(F, T) the row after the last one of each track (T,) up to each frame (F, 1)."""
        return np.searchsorted(self._keys, serial * SPAN + frame, "right")

    def since(self, serial: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """(F, T) the first row of each track (T,) from each time (F, 1) on."""
        frames = np.append(np.sort(self.frame), SPAN - 1)
        return np.searchsorted(
            self._keys, serial * SPAN + frames[np.searchsorted(np.sort(self.time_s), time_s)]
        )

    @cached_property
    def _keys(self) -> np.ndarray:
        return self.serial * SPAN + self.frame
