"""Which rows are hidden, decided from all that is known of their tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vidfx.privacy.selection import Selection
from vidfx.stages.settled import Settled


@dataclass
class _Stretch:
    """Readings of one track that follow each other and say the same."""

    name: str
    first_s: float
    last_s: float


@dataclass
class _TrackReadings:
    decided: str | None = None
    "the identity of the track, from all its readings"
    stretches: list[_Stretch] = field(default_factory=list[_Stretch])

    def sure(self, time_s: float) -> str | None:
        """Who the face surely is: the readings before and after say what is decided."""
        around = [self.decided]
        before = [s for s in self.stretches if s.first_s <= time_s]
        after = [s for s in self.stretches if s.last_s >= time_s]
        around += [s.name for s in (*before[-1:], *after[:1])]
        return self.decided if len(around) > 1 and len({*around}) == 1 else None


class Verdicts:
    """``add`` takes all frames, in order; then ``hidden`` takes them again.

    Who a face is counts as sure only where the decision about the whole track and the readings
    next to the row, before and after it, agree. So a track that went from one person to another
    is hidden between them. A name that a person gave is sure.
    """

    def __init__(
        self,
        selection: Selection,
        given: Callable[[Settled], Sequence[str | None]] | None = None,
    ) -> None:
        """``given`` has the names that people gave to faces; None for all others."""
        self.selection = selection
        self._given = given or _nobody
        self._tracks: dict[int, _TrackReadings] = {}

    def add(self, settled: Settled) -> None:
        faces = settled.faces
        if not self.selection.needs_names or faces.identity is None:
            return
        decided = faces.identity.texts()
        raw = faces.raw_identity.texts() if faces.raw_identity else [None] * len(faces)
        times = [settled.frames[place].time_s for place in settled.places]
        for track, time_s, name, read, given in zip(
            faces.track.tolist(), times, decided, raw, self._given(settled), strict=True
        ):
            known = self._tracks.setdefault(track, _TrackReadings())
            if given is None:
                known.decided = name
            if read is None:
                continue
            if known.stretches and known.stretches[-1].name == read:
                known.stretches[-1].last_s = time_s
            else:
                known.stretches.append(_Stretch(read, time_s, time_s))

    def hidden(self, settled: Settled) -> np.ndarray:
        """(N,) bool of each face."""
        faces, selection = settled.faces, self.selection
        tracks = np.isin(faces.track, [*selection.tracks])
        if selection.everybody:
            return np.ones(len(faces), bool)
        if not selection.needs_names:
            return tracks
        unread = _TrackReadings()
        sure = [
            given or self._tracks.get(track, unread).sure(settled.frames[place].time_s)
            for track, place, given in zip(
                faces.track.tolist(), settled.places, self._given(settled), strict=True
            )
        ]
        return tracks | np.array([selection.hides(name) for name in sure], bool)


def _nobody(settled: Settled) -> Sequence[str | None]:
    return [None] * len(settled.faces)
