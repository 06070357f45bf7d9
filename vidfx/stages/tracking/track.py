"""Gives each face one number for as long as it is tracked.

Association by overlap with the place where constant motion would put the face, in two rounds:
strong detections first, then weak ones for tracks without a match (the idea of ByteTrack, Zhang
2022). A weak detection never begins a track. Short gaps are bridged; a cut ends all tracks.
Only frames with detection can leave a gap. Where those are seconds apart, one miss is a short gap.

Where there are two detectors, the second one checks some frames. A track is verified once a check
has found it; the tracker asks for a check of the next detection where it would decide something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx.stages.detector_heads import intersection_over_union
from vidfx.stages.tracking.confirmation import Confirmation

NONE = -1
MIN_AFFINITY = 0.1
MAX_GAP_DETECTIONS = 2.5
"""A gap of so many detections is bridged, however long it lasts."""
MIN_ELAPSED_S = 0.02
"""Boxes jitter a little; over a shorter time that would give a great velocity."""


@dataclass
class _Track:
    number: int
    box: np.ndarray
    "(4,) float64, xyxy px, of the last detection"
    velocity: np.ndarray
    "(4,) px a second"
    detected_s: float
    count: int = 0
    "of the detections that count as evidence: those of checks, and strong ones"
    total: float = 0.0
    "of their scores"
    best: float = 0.0
    verified: bool = False
    "a check has found it"
    missed: bool = False
    "the last check has not found it"
    updates: int = 0
    "of the tracker since it began"

    def expected(self, time_s: float) -> np.ndarray:
        ahead = min(time_s - self.detected_s, 0.25)
        return self.box + self.velocity * ahead


class Tracker:
    """Tracks the faces of one video, frame by frame, in order of time."""

    def __init__(
        self,
        *,
        threshold: float,
        max_gap_s: float = 1.0,
        confirmation: Confirmation | None = None,
    ) -> None:
        """Detections from ``threshold`` on are strong; a track ends ``max_gap_s`` after its last.

        Where detections are rarer, a track ends after some that missed it. ``confirmation`` is the
        rule for tracks that checks have found.
        """
        self.threshold = threshold
        self.confirmation = confirmation or Confirmation.above(threshold)
        self.max_gap_s = max_gap_s
        self._tracks: list[_Track] = []
        self._next = 1
        self._updated_s = -np.inf
        self._step_s = 0.0
        "between the last two updates"
        self.may_have_lost = False
        "in the last update one track had no match and another began: a face was too fast, perhaps"

    def cut(self) -> None:
        """End every track: a new shot begins."""
        self._tracks.clear()

    def update(
        self, time_s: float, box: np.ndarray, score: np.ndarray, *, check: bool = True
    ) -> np.ndarray:
        """Track numbers (N,) int64 of the detections of one frame; NONE: no track.

        ``check``: they are the second detector's, or the only one's.
        """
        numbers = np.full(len(box), NONE, np.int64)
        gap_s = max(self.max_gap_s, MAX_GAP_DETECTIONS * self._step_s)
        oldest_s = min(time_s - gap_s, self._updated_s)
        self._tracks = [t for t in self._tracks if t.detected_s >= oldest_s]
        for known in self._tracks:
            known.updates += 1
        self._step_s = time_s - self._updated_s if np.isfinite(self._updated_s) else 0.0
        self._updated_s = time_s
        strong = score >= self.threshold
        free = list(range(len(self._tracks)))
        for round_ in (np.flatnonzero(strong), np.flatnonzero(~strong)):
            for track, row in self._match(time_s, free, box, round_):
                free.remove(track)
                self._follow(self._tracks[track], time_s, box[row])
                numbers[row] = self._tracks[track].number
                if check or strong[row]:
                    self._count(self._tracks[track], float(score[row]), check)
        new = np.flatnonzero(strong & (numbers == NONE))
        self.may_have_lost = bool(free and len(new))
        for row in new:
            numbers[row] = self._next
            track = _Track(self._next, box[row].astype(np.float64), np.zeros(4), time_s)
            self._count(track, float(score[row]), check)
            self._tracks.append(track)
            self._next += 1
        if check:
            for track in free:
                self._tracks[track].missed = True
        return numbers

    def wants_check(self) -> bool:
        """Whether a check would decide if some track is a face, or if it is still there."""
        return any(self._is_in_doubt(track) for track in self._tracks)

    @staticmethod
    def _count(track: _Track, score: float, check: bool) -> None:
        track.count += 1
        track.total += score
        track.best = max(track.best, score)
        if check:
            track.verified, track.missed = True, False

    def _is_in_doubt(self, track: _Track) -> bool:
        """Whether a check could verify, confirm or find a track that the last check has not missed.

        One that the last update has not found is perhaps still there.
        """
        if track.missed:
            return False
        lost = track.detected_s < self._updated_s
        mean = track.total / track.count
        rule = self.confirmation
        undecided = track.updates < rule.doubted and rule.undecided(track.count, mean, track.best)
        return not track.verified or lost or undecided

    def _match(
        self, time_s: float, free: list[int], box: np.ndarray, rows: np.ndarray
    ) -> list[tuple[int, int]]:
        """Pairs (track, detection), the best first, each used once."""
        if not free or not len(rows):
            return []
        expected = np.stack([self._tracks[i].expected(time_s) for i in free])
        likeness = affinity(expected, box[rows].astype(np.float64))
        pairs: list[tuple[int, int]] = []
        while True:
            i, j = np.unravel_index(int(likeness.argmax()), likeness.shape)
            if likeness[i, j] < MIN_AFFINITY:
                return pairs
            pairs.append((free[int(i)], int(rows[j])))
            likeness[i, :] = likeness[:, j] = -1.0

    @staticmethod
    def _follow(track: _Track, time_s: float, box: np.ndarray) -> None:
        elapsed = max(time_s - track.detected_s, MIN_ELAPSED_S)
        velocity = (box - track.box) / elapsed
        track.velocity = 0.5 * track.velocity + 0.5 * velocity
        track.box, track.detected_s = box.astype(np.float64), time_s


def affinity(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """How likely each found box (M, 4) is the face expected at (N, 4): (N, M), 0 impossible.

    Their IoU; where fast motion leaves no overlap, a little for boxes of like size whose centres
    are within one face of each other.
    """
    overlap = intersection_over_union(expected, found)
    size_e = np.sqrt(np.clip(expected[:, 2:] - expected[:, :2], 1, None).prod(-1))
    size_f = np.sqrt(np.clip(found[:, 2:] - found[:, :2], 1, None).prod(-1))
    centre_e = (expected[:, :2] + expected[:, 2:]) / 2
    centre_f = (found[:, :2] + found[:, 2:]) / 2
    distance = np.linalg.norm(centre_e[:, None] - centre_f[None], axis=-1)
    near = 1 - distance / np.maximum(size_e[:, None], size_f[None])
    alike = np.minimum(size_e[:, None], size_f[None]) / np.maximum(size_e[:, None], size_f[None])
    return np.maximum(overlap, np.where(alike > 0.6, 0.3 * np.clip(near, 0, 1), 0.0))
