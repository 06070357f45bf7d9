"""The moments of a video: stretches of frames on which a face meets a condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from vidfx.clips.columns import columns_of
from vidfx.clips.where import Where
from vidfx.output.spans import JOIN_S, is_near
from vidfx.stages.settled import Settled


@dataclass(frozen=True)
class Span:
    """How moments are made of frames."""

    margin_s: float = 1.0
    "before and after each"
    join_s: float = JOIN_S
    "two that are less apart are one"
    least_s: float = 0.0
    "shorter ones are left out, before they have their margins"


@dataclass
class Moment:
    """One moment, in playback seconds."""

    from_s: float
    to_s: float
    frames: int = 0
    "on which a face meets the condition"
    tracks: set[int] = field(default_factory=set[int])
    "of these faces"
    identities: set[str] = field(default_factory=set[str])
    expressions: set[str] = field(default_factory=set[str])

    def add(self, other: Moment) -> None:
        """Make both one."""
        self.to_s = max(self.to_s, other.to_s)
        self.frames += other.frames
        self.tracks |= other.tracks
        self.identities |= other.identities
        self.expressions |= other.expressions


def find_moments(rows: Iterable[Settled], where: Where, span: Span, frame_s: float) -> list[Moment]:
    """All moments in order, with their margins; they do not overlap.

    ``frame_s``: for how long the last frame is shown. Raises KeyError for a column that the rows do
    not have.
    """
    found: list[Moment] = []
    first_s: float | None = None
    last_s = 0.0
    is_open = False
    for settled in rows:
        on_frame = _matches(settled, where)
        for number, frame in enumerate(settled.frames):
            first_s = frame.time_s if first_s is None else first_s
            if is_open:
                found[-1].to_s = frame.time_s
            last_s, is_open = frame.time_s, number in on_frame
            if is_open:
                _append(found, on_frame[number], span.join_s)
    end_s = last_s + frame_s
    if is_open:
        found[-1].to_s = end_s
    moments: list[Moment] = []
    for moment in found:
        if moment.to_s - moment.from_s >= span.least_s:
            moment.from_s = max(moment.from_s - span.margin_s, first_s or 0.0)
            moment.to_s = min(moment.to_s + span.margin_s, end_s)
            _append(moments, moment, 0.0)
    return moments


def _append(moments: list[Moment], new: Moment, join_s: float) -> None:
    if moments and is_near(moments[-1].to_s, new.from_s, join_s):
        moments[-1].add(new)
    else:
        moments.append(new)


def _matches(settled: Settled, where: Where) -> dict[int, Moment]:
    """Of each frame with a face that meets the condition, what is on it; by its place."""
    rows = np.flatnonzero(where.matches(columns_of(settled, where.names)))
    if not len(rows):
        return {}
    faces = settled.faces.rows(rows)
    names = faces.identity.texts() if faces.identity else [None] * len(rows)
    labels = faces.emotion.texts() if faces.emotion else [None] * len(rows)
    found: dict[int, Moment] = {}
    places: list[int] = settled.place[rows].tolist()
    tracks: list[int] = faces.track.tolist()
    for place, track, name, label in zip(places, tracks, names, labels, strict=True):
        time_s = settled.frames[place].time_s
        moment = found.setdefault(place, Moment(time_s, time_s, frames=1))
        moment.tracks.add(track)
        moment.identities |= {name} if name else set()
        moment.expressions |= {label} if label else set()
    return found
