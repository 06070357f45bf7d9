"""A part of a long video, which is worked on beside the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A key frame, at which reading may begin."""

    pts: int
    index: int
    "how many frames are shown before it"


@dataclass(frozen=True)
class Segment:
    """The frames from ``first_s`` up to but without ``end_s``, playback seconds."""

    number: int
    "from 0"
    first_s: float
    end_s: float | None
    "None: to the end of the file"
    entry: Entry
    "at or before ``first_s``"
    warm_s: float
    "where looking begins, so that tracks are under way at ``first_s``"
    warm_entry: Entry
    "at or before ``warm_s``"
    beyond_s: float | None
    "where looking ends, since a cut shows by the frames that follow it"

    def holds(self, time_s: float) -> bool:
        return self.first_s <= time_s and (self.end_s is None or time_s < self.end_s)
