"""How often a face that is followed is read again: at once, then some times a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TORN = 0.2
"""By how much the best label must be ahead of the next, or the face is read more often."""


@dataclass(frozen=True)
class ReadRate:
    """How often one classifier reads the face of one track.

    The first looks are read; then the first look in each span of the video's own time, so that it
    is the same looks wherever the work on a video began.
    """

    first: int
    "readings of a new track that come at once"
    every_s: float
    torn_s: float
    "the span where the last reading was torn"


EXPRESSION = ReadRate(3, 0.19, 0.095)
"""An expression may change from one look to the next."""
IDENTITY = ReadRate(5, 0.95, 0.19)
"""Who somebody is does not change while the track goes on."""


@dataclass
class _Track:
    readings: int = 0
    last_s: float = -np.inf
    torn: bool = False


class ReadSchedule:
    """Remembers when one classifier read each track, and whether it was torn."""

    def __init__(self, pace: ReadRate) -> None:
        self.pace = pace
        self._tracks: dict[int, _Track] = {}

    def take(self, track: int, time_s: float) -> bool:
        """Whether to read the face of ``track`` that is seen at ``time_s``; if so it counts."""
        known = self._tracks.setdefault(track, _Track())
        span_s = self.pace.torn_s if known.torn else self.pace.every_s
        if known.readings >= self.pace.first and time_s // span_s == known.last_s // span_s:
            return False
        known.readings += 1
        known.last_s = time_s
        return True

    def said(self, track: int, prob: np.ndarray) -> None:
        """``prob``, (K,), is what the classifier said of it."""
        self._tracks[track].torn = _is_torn(prob)


def _is_torn(prob: np.ndarray) -> bool:
    second, best = np.sort(prob)[-2:]
    return bool(best - second < TORN)
