"""How often a classifier reads the face of a track: its first frames, then a few times a second."""

from __future__ import annotations

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


@dataclass
class _TrackReads:
    readings: int = 0
    last_s: float = -np.inf
    undecided: bool = False


class ReadSchedule:
    """Decides when one classifier reads each track; for one video, in order."""

    def __init__(self, rate: ReadRate) -> None:
        self.rate = rate
        self._tracks: dict[int, _TrackReads] = {}

    def start_if_due(self, track: int, time_s: float) -> bool:
        """Whether to read the face of ``track`` at ``time_s``; True counts as a reading."""
        known = self._tracks.setdefault(track, _TrackReads())
        span_s = self.rate.undecided_every_s if known.undecided else self.rate.every_s
        if known.readings >= self.rate.first and time_s // span_s == known.last_s // span_s:
            return False
        known.readings += 1
        known.last_s = time_s
        return True

    def add_result(self, track: int, prob: np.ndarray) -> None:
        """Take in the probabilities (K,) of a reading that was started."""
        second, best = np.sort(prob)[-2:]
        self._tracks[track].undecided = bool(best - second < DECIDED_MARGIN)
