"""The tracks of a video, counted frame by frame, as its summary lists them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidfx.output.appearances import Appearances
from vidfx.stages.certainty import NO_LABEL, REASONS
from vidfx.stages.settled import SOURCES, Settled, SettledFaces

_SOURCES, _REASONS = np.arange(len(SOURCES)), np.arange(len(REASONS))


@dataclass
class _Track:
    first_s: float
    sums: np.ndarray
    "see ``_summands``"
    last_s: float = 0.0
    identity: str | None = None
    identity_prob: float = math.nan
    person: int = 0
    "0: not known"
    best_quality: float = 0.0

    def describe(
        self, number: int, labels: Sequence[str] | None, appearances: list[dict[str, Any]]
    ) -> dict[str, Any]:
        names = labels or ()
        ends = np.cumsum([len(SOURCES), 2, len(REASONS), len(names), len(names)])
        sources, (measured, quality), reasons, rows, probs, (read,) = (
            part.tolist() for part in np.split(self.sums, ends)
        )
        unsure = {reason: int(n) for reason, n in zip(REASONS, reasons, strict=True) if n}
        sure, of = sum(rows), sum(rows) + sum(reasons)
        means = zip(names, probs, strict=True) if read else ()
        return {
            "track_id": number,
            "person_id": self.person or None,
            "first_s": round(self.first_s, 6),
            "last_s": round(self.last_s, 6),
            "frames": int(sum(sources)),
            "sources": {name: int(n) for name, n in zip(SOURCES, sources, strict=True) if n},
            "identity": self.identity,
            "identity_prob": None if self.identity is None else round(self.identity_prob, 4),
            "emotion_share": {
                label: round(n / sure, 4) for label, n in sorted(zip(names, rows, strict=True)) if n
            },
            "emotion_mean": {label: round(total / read, 4) for label, total in sorted(means)},
            "unsure_share": round(sum(reasons) / of, 4) if of else None,
            "unsure": dict(sorted(unsure.items())),
            "best_quality": round(self.best_quality, 4),
            "mean_quality": round(quality / measured, 4) if measured else None,
            "shown_s": round(sum(one["to_s"] - one["from_s"] for one in appearances), 6),
            "appearances": appearances,
        }


class TrackTally:
    """Counts the tracks of one video. ``add`` takes its frames in order."""

    def __init__(self, frame_s: float) -> None:
        """``frame_s``: for how long a frame is shown, where there is only one."""
        self._tracks: dict[int, _Track] = {}
        self._labels: tuple[str, ...] | None = None
        "the expressions; None without an engine"
        self._appearances = Appearances(frame_s)

    def __len__(self) -> int:
        return len(self._tracks)

    def add(self, settled: Settled) -> None:
        """The next frames, one or more, with their faces."""
        self._appearances.add(settled)
        if len(settled.faces):
            self._add_faces(settled)

    def _add_faces(self, settled: Settled) -> None:
        faces, places = settled.faces, settled.places
        self._labels = faces.emotion.names if faces.emotion else None
        numbers: list[int] = faces.track.tolist()
        last = dict(zip(numbers, range(len(numbers)), strict=True))
        quality = np.nan_to_num(faces.quality.prod(1))
        is_of = faces.track == np.array([*last])[:, None]
        sums: np.ndarray = np.matmul(is_of.astype(np.float64), _summands(faces, quality))
        best: list[float] = (is_of * quality).max(1).tolist()
        who = faces.identity.texts() if faces.identity else None
        for place, (number, row) in enumerate(last.items()):
            track = self._tracks.get(number)
            if track is None:
                first_s = settled.frames[places[numbers.index(number)]].time_s
                track = self._tracks[number] = _Track(first_s, np.zeros_like(sums[place]))
            track.sums += sums[place]
            track.best_quality = max(track.best_quality, best[place])
            track.last_s = settled.frames[places[row]].time_s
            if faces.person is not None:
                track.person = int(faces.person[row])
            if who and faces.identity:
                track.identity = who[row]
                track.identity_prob = float(faces.identity.prob[row])

    def described(self) -> list[dict[str, Any]]:
        """For the summary: one entry per track, in the order of their numbers."""
        return [
            track.describe(number, self._labels, self._appearances.of(number))
            for number, track in sorted(self._tracks.items())
        ]


def _summands(faces: SettledFaces, quality: np.ndarray) -> np.ndarray:
    """(N, C) float64 of which a track has the sum: rows by source; rows with a quality, and that;
    rows without an expression by reason; rows by expression; its probabilities; rows with them.
    """
    measured = np.isfinite(faces.quality[:, 0])
    columns: list[np.ndarray] = [
        np.equal.outer(faces.source, _SOURCES),
        np.stack([measured, quality], 1),
    ]
    emotion, reason = faces.emotion, faces.emotion_reason
    if emotion is None or reason is None:
        columns.append(np.zeros((len(faces), len(REASONS) + 1)))
    else:
        read = np.isfinite(emotion.probs).all(axis=1, keepdims=True)
        columns += [
            np.equal.outer(np.where(emotion.index == NO_LABEL, reason, -1), _REASONS),
            np.equal.outer(emotion.index, np.arange(len(emotion.names))),
            np.where(read, emotion.probs, 0.0),
            np.asarray(read),
        ]
    return np.concatenate(columns, axis=1, dtype=np.float64)
