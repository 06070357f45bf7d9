"""What a video contains, counted frame by frame: the counts and tracks of its summary."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import Settled
from vidfx.types import VideoInfo


@dataclass
class _TrackTally:
    first_s: float
    last_s: float = 0.0
    sources: Counter[str] = field(default_factory=Counter[str])
    emotions: Counter[str] = field(default_factory=Counter[str])
    "rows with each expression"
    unsure: Counter[str] = field(default_factory=Counter[str])
    "rows without one, by reason"
    identity: str | None = None
    identity_prob: float = math.nan
    quality: float = 0.0

    def describe(self, number: int) -> dict[str, Any]:
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
            "unsure_share": self._unsure_share(),
            "unsure": dict(sorted(self.unsure.items())),
            "best_quality": round(self.quality, 4),
        }

    def _unsure_share(self) -> float | None:
        """Of all rows; None without an expression engine."""
        rows = self.emotions.total() + self.unsure.total()
        return round(self.unsure.total() / rows, 4) if rows else None


class Tally:
    """Counts the frames, faces and tracks of one video. ``add`` takes its frames in order."""

    def __init__(self, info: VideoInfo, *, recognises: bool) -> None:
        self._info = info
        self._recognises = recognises
        self.frames = 0
        self._analysed = 0
        self._cuts = 0
        self._with_faces = 0
        self._with_target = 0
        self._rows = 0
        self._unsure: int | None = None
        "rows without an expression; None without an engine"
        self.first_pts = info.start_pts
        "of the first frame; the start of the video while there is none"
        self.last_pts = info.start_pts
        self._tracks: dict[int, _TrackTally] = {}

    def add(self, settled: Settled) -> None:
        """Count the next frames, one or more, with their faces."""
        frames, faces = settled.frames, settled.faces
        self.first_pts = self.first_pts if self.frames else frames[0].frame.pts
        self.last_pts = frames[-1].frame.pts
        self.frames += len(frames)
        self._analysed += sum(f.analysed for f in frames)
        self._cuts += sum(f.cut for f in frames)
        self._with_faces += int(np.count_nonzero(settled.counts))
        self._rows += len(faces.track)
        if faces.identity:
            self._with_target += len(np.unique(settled.place[faces.identity.are_people()]))
        if faces.emotion:
            self._unsure = (self._unsure or 0) + int((faces.emotion.index == NO_LABEL).sum())
        self._add_to_tracks(settled)

    def _add_to_tracks(self, settled: Settled) -> None:
        faces = settled.faces
        numbers: list[int] = faces.track.tolist()
        times = [settled.frames[place].time_s for place in settled.places]
        who = faces.identity.texts() if faces.identity else [None] * len(numbers)
        last = dict(zip(numbers, range(len(numbers)), strict=True))
        for number, row in last.items():
            if number not in self._tracks:
                self._tracks[number] = _TrackTally(times[numbers.index(number)])
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
        qualities: list[float] = np.nan_to_num(faces.quality.prod(1)).tolist()
        for number, quality in zip(numbers, qualities, strict=True):
            self._tracks[number].quality = max(self._tracks[number].quality, quality)

    def counts(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "frames": self.frames,
            "frames_detected": self._analysed,
            "frames_with_faces": self._with_faces,
            "frames_with_target": self._with_target if self._recognises else None,
            "face_rows": self._rows,
            "face_rows_unsure": self._unsure,
            "tracks": len(self._tracks),
            "cuts": self._cuts,
            "first_frame_s": self._info.seconds(self.first_pts) if self.frames else None,
            "last_frame_s": self._info.seconds(self.last_pts) if self.frames else None,
        }

    def tracks(self) -> list[dict[str, Any]]:
        """For the summary: one entry per track, in the order of their numbers."""
        return [track.describe(number) for number, track in sorted(self._tracks.items())]
