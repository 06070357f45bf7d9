"""A part of a long video, which is processed in parallel with the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyFrame:
    """A frame at which decoding can begin."""

    pts: int
    index: int
    "number of frames that are shown before it"


@dataclass(frozen=True)
class Segment:
    """The frames from ``first_s`` up to but excluding ``end_s``, in playback seconds."""

    number: int
    "from 0"
    first_s: float
    end_s: float | None
    "None: to the end of the file"
    key_frame: KeyFrame
    "at or before ``first_s``"
    warmup_s: float
    "where detection begins, so that tracks exist already at ``first_s``"
    warmup_key_frame: KeyFrame
    "at or before ``warmup_s``"
    lookahead_s: float | None
    "where detection ends: the frames after ``end_s`` show whether its last frame ends a shot"

    def holds(self, time_s: float) -> bool:
        return self.first_s <= time_s and (self.end_s is None or time_s < self.end_s)
