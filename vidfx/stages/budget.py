"""How often a face that is followed is read again: at once, then some times a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOOKS_PER_S = 5.0
"""How often the detector looks where nobody says: between two looks positions are filled in. On
real clips of 25 and 30 frames/s, 0.987 of the faces of every frame are there at an IoU of 0.5."""
FIRST = 3
"""Readings of a new track that come at once."""
EVERY_S = 0.19
"""Then a face is read on the first look in each such span of the video's time: so it is the same
looks wherever the work on a video began."""
TORN_S = EVERY_S / 2
TORN = 0.2
"""By how much the best label must be ahead of the next; below, the face is read twice as often."""


def every_for(frame_rate: float) -> int:
    """The N of "look on every Nth frame" for a video of ``frame_rate``."""
    return max(1, round(frame_rate / LOOKS_PER_S))


@dataclass
class _Track:
    readings: int = 0
    last_s: float = -np.inf
    torn: bool = False


class ReadingBudget:
    """Remembers when each track was read, and whether its readings agree with themselves."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def take(self, track: int, time_s: float) -> bool:
        """Whether to read the face of ``track`` that is seen at ``time_s``; if so it counts."""
        known = self._tracks.setdefault(track, _Track())
        span_s = TORN_S if known.torn else EVERY_S
        if known.readings >= FIRST and time_s // span_s == known.last_s // span_s:
            return False
        known.readings += 1
        known.last_s = time_s
        return True

    def said(self, track: int, *probs: np.ndarray | None) -> None:
        """``probs``, (K,) each, are what the classifiers said; None of one that did not run."""
        self._tracks[track].torn = any(_is_torn(prob) for prob in probs if prob is not None)


def _is_torn(prob: np.ndarray) -> bool:
    second, best = np.sort(prob)[-2:]
    return bool(best - second < TORN)
