"""The clearest faces of each track, spread over the time that it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from vidfx.stages.settled import Settled

_WIDTH_S = 0.25
"""Of the parts of a track, of each of which the clearest face is kept, at first."""


@dataclass(frozen=True)
class View:
    """A face on one frame."""

    pts: int
    time_s: float
    box: tuple[float, float, float, float]
    "xyxy px"
    quality: float
    "-1 where the row is interpolated"
    expression: str | None


@dataclass
class TrackFaces:
    """The clearest faces of one track so far, at most twice as many as are wanted."""

    number: int
    first_s: float
    last_s: float = 0.0
    identity: str | None = None
    "at the end of the track"
    _width_s: float = _WIDTH_S
    _best: dict[int, View] = field(default_factory=dict[int, View])
    "by the part of the track"

    def add(self, view: View, wanted: int) -> None:
        self.last_s = view.time_s
        self._put(view)
        while len(self._best) > 2 * wanted:  # parts become twice as long
            views, self._best = [*self._best.values()], {}
            self._width_s *= 2
            for one in views:
                self._put(one)

    def _put(self, view: View) -> None:
        part = int((view.time_s - self.first_s) / self._width_s)
        if part not in self._best or view.quality > self._best[part].quality:
            self._best[part] = view

    def chosen(self, wanted: int) -> list[View]:
        """The clearest of all parts, in order of time; interpolated ones if there are no others."""
        measured = [view for view in self._best.values() if view.quality >= 0]
        views = measured or self._best.values()
        clearest = sorted(views, key=lambda view: -view.quality)[:wanted]
        return sorted(clearest, key=lambda view: view.time_s)


def clearest_faces(rows: Iterable[Settled], wanted: int) -> list[TrackFaces]:
    """Of every track; ``wanted`` faces at most will be chosen."""
    found: dict[int, TrackFaces] = {}
    for settled in rows:
        faces = settled.faces
        tracks: list[int] = faces.track.tolist()
        quality: list[float] = np.nan_to_num(faces.quality.prod(1), nan=-1.0).tolist()
        names = faces.identity.texts() if faces.identity else [None] * len(tracks)
        labels = faces.emotion.texts() if faces.emotion else [None] * len(tracks)
        for i, (number, place) in enumerate(zip(tracks, settled.places, strict=True)):
            frame = settled.frames[place]
            track = found.setdefault(number, TrackFaces(number, frame.time_s))
            track.identity = names[i]
            x1, y1, x2, y2 = faces.box[i].tolist()
            box = (x1, y1, x2, y2)
            view = View(frame.frame.pts, frame.time_s, box, quality[i], labels[i])
            track.add(view, wanted)
    return [found[number] for number in sorted(found)]
