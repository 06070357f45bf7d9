"""How often a classifier reads the face of a track: its first frames, then a few times a second."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

DECIDED_MARGIN = 0.2
"""A reading whose best two labels are closer than this is undecided, and repeated sooner."""


@dataclass(frozen=True)
class ReadRate:
    """How often one classifier reads the face of one track.

    After the first readings, the first detection in each span of the video's own time is read: so
    the same frames are read wherever in the video the work began.
    """

    first: int
    "readings of a new track that are made at once"
    every_s: float
    "length of the span"
    undecided_every_s: float
    "length of the span after an undecided reading"


EXPRESSION = ReadRate(3, 0.19, 0.095)
"""An expression may change from one detection to the next."""
IDENTITY = ReadRate(5, 0.95, 0.19)
"""The identity of a track does not change."""
EMBEDDING = ReadRate(4, 0.95, 0.95)
"""Neither does the person, and a few faces are enough."""
EVERY_DETECTION = ReadRate(sys.maxsize, 1.0, 1.0)
"""For results that do not depend on which detections are read."""


@dataclass
class _TrackReads:
    readings: int = 0
    last_s: float = -np.inf
    undecided: bool = False
    waiting: int = 0
    "readings without a result yet"

    def is_due(self, time_s: float, rate: ReadRate, *, undecided: bool) -> bool:
        span_s = rate.undecided_every_s if undecided else rate.every_s
        return self.readings < rate.first or time_s // span_s != self.last_s // span_s


class ReadSchedule:
    """Decides when one classifier reads each track; for one video, in order."""

    def __init__(self, rate: ReadRate) -> None:
        self.rate = rate
        self._tracks: dict[int, _TrackReads] = {}

    def needs_result(self, track: int, time_s: float) -> bool:
        """Whether a reading that was started decides if the next one, at ``time_s``, is due.

        Then ``add_result`` must be called before ``start_if_due``: else what is read would depend
        on how many frames are analysed together.
        """
        known = self._tracks.get(track)
        if known is None or not known.waiting:
            return False
        return known.is_due(time_s, self.rate, undecided=True) != known.is_due(
            time_s, self.rate, undecided=False
        )

    def start_if_due(self, track: int, time_s: float) -> bool:
        """Whether to read the face of ``track`` at ``time_s``; True counts as a reading."""
        known = self._tracks.setdefault(track, _TrackReads())
        if not known.is_due(time_s, self.rate, undecided=known.undecided):
            return False
        known.readings += 1
        known.last_s = time_s
        known.waiting += 1
        return True

    def add_result(self, track: int, prob: np.ndarray) -> None:
        """Take in what the oldest reading that has no result yet gave, (K,)."""
        second, best = np.sort(prob)[-2:]
        known = self._tracks[track]
        known.undecided = bool(best - second < DECIDED_MARGIN)
        known.waiting -= 1
