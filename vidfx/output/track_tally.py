"""The tracks of a video, counted frame by frame, as its summary lists them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vidfx.output.appearances import Appearances
from vidfx.stages.settled import Expressions, Settled


@dataclass
class _Track:
    first_s: float
    last_s: float = 0.0
    sources: Counter[str] = field(default_factory=Counter[str])
    emotions: Counter[str] = field(default_factory=Counter[str])
    "rows with each expression"
    unsure: Counter[str] = field(default_factory=Counter[str])
    "rows without one, by reason"
    read: int = 0
    "rows with probabilities of expressions"
    probs: dict[str, float] = field(default_factory=dict[str, float])
    "of each expression the sum over these"
    identity: str | None = None
    identity_prob: float = math.nan
    measured: int = 0
    "rows with a quality"
    quality_sum: float = 0.0
    best_quality: float = 0.0

    def describe(self, number: int, appearances: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "track_id": number,
            "first_s": round(self.first_s, 6),
            "last_s": round(self.last_s, 6),
            "frames": self.sources.total(),
            "sources": dict(self.sources),
            "identity": self.identity,
            "identity_prob": None if self.identity is None else round(self.identity_prob, 4),
            "emotion_share": {
                label: round(n / self.emotions.total(), 4)
                for label, n in sorted(self.emotions.items())
            },
            "emotion_mean": {
                label: round(total / self.read, 4) for label, total in sorted(self.probs.items())
            },
            "unsure_share": self._unsure_share(),
            "unsure": dict(sorted(self.unsure.items())),
            "best_quality": round(self.best_quality, 4),
            "mean_quality": round(self.quality_sum / self.measured, 4) if self.measured else None,
            "shown_s": round(sum(one["to_s"] - one["from_s"] for one in appearances), 6),
            "appearances": appearances,
        }

    def _unsure_share(self) -> float | None:
        """Of all rows; None without an expression engine."""
        rows = self.emotions.total() + self.unsure.total()
        return round(self.unsure.total() / rows, 4) if rows else None


class TrackTally:
    """Counts the tracks of one video. ``add`` takes its frames in order."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s``: for how long a frame is shown, where there is only one."""
        self._tracks: dict[int, _Track] = {}
        self._appearances = Appearances(frame_s)

    def __len__(self) -> int:
        return len(self._tracks)

    def add(self, settled: Settled) -> None:
        """The next frames, one or more, with their faces."""
        self._appearances.add(settled)
        if len(settled.faces):
            self._add_faces(settled)

    def _add_faces(self, settled: Settled) -> None:
        faces = settled.faces
        numbers: list[int] = faces.track.tolist()
        times = [settled.frames[place].time_s for place in settled.places]
        who = faces.identity.texts() if faces.identity else [None] * len(numbers)
        last = dict(zip(numbers, range(len(numbers)), strict=True))
        for number, row in last.items():
            if number not in self._tracks:
                self._tracks[number] = _Track(times[numbers.index(number)])
            track = self._tracks[number]
            track.last_s = times[row]
            track.identity = who[row]
            track.identity_prob = float(faces.identity.prob[row]) if faces.identity else math.nan
        for (number, source), n in Counter(zip(numbers, faces.sources(), strict=True)).items():
            self._tracks[number].sources[source] += n
        if faces.emotion:
            decided = zip(numbers, faces.emotion.texts(), faces.emotion_reasons(), strict=True)
            for (number, label, reason), n in Counter(decided).items():
                track = self._tracks[number]
                if label is None:
                    track.unsure[reason] += n
                else:
                    track.emotions[label] += n
            self._add_probabilities(faces.track, faces.emotion)
        qualities: list[float] = faces.quality.prod(1).tolist()
        for number, quality in zip(numbers, qualities, strict=True):
            if math.isfinite(quality):
                track = self._tracks[number]
                track.measured += 1
                track.quality_sum += quality
                track.best_quality = max(track.best_quality, quality)

    def _add_probabilities(self, numbers: np.ndarray, emotion: Expressions) -> None:
        read = np.isfinite(emotion.probs).all(1)
        found, of = np.unique(numbers[read], return_inverse=True)
        sums = np.zeros((len(found), len(emotion.names)))
        np.add.at(sums, of, emotion.probs[read])
        counts = np.bincount(of, minlength=len(found))
        for number, n, total in zip(found.tolist(), counts.tolist(), sums.tolist(), strict=True):
            track = self._tracks[number]
            track.read += n
            for label, value in zip(emotion.names, total, strict=True):
                track.probs[label] = track.probs.get(label, 0.0) + value

    def described(self) -> list[dict[str, Any]]:
        """For the summary: one entry per track, in the order of their numbers."""
        return [
            track.describe(number, self._appearances.of(number))
            for number, track in sorted(self._tracks.items())
        ]
