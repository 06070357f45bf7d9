"""Whether track numbers mean the same faces, after a video was annotated again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from vidfx.corrections.line import Correction
from vidfx.errors import InputError
from vidfx.saved.frames import read_settled
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled

LEAST_OVERLAP = 0.3
"""Of two boxes of one face: their intersection over their union."""
LEAST_SHARE = 0.5
"""Of the frames that had the track before."""


class SameFaces:
    """Compares the tracks that corrections are about with those of the results before.

    ``add`` takes the new frames, without corrections, in order. Memory does not grow.
    """

    def __init__(self, before: SavedVideo, lines: Sequence[Correction]) -> None:
        self._lines = lines
        self._tracks = sorted({line.track for line in lines})
        self._before = _by_frame(before, self._tracks)
        self._next = self._pull()
        self._had: Counter[int] = Counter()
        self._same: Counter[int] = Counter()

    def add(self, settled: Settled) -> None:
        for frame, faces in settled.each():
            while self._next is not None and self._next[0] <= frame.frame.index:
                number, old = self._next
                self._had.update(old.keys())
                if number == frame.frame.index:
                    new = dict(zip(faces.track.tolist(), faces.box, strict=True))
                    same = (t for t, box in old.items() if t in new and _overlap(box, new[t]))
                    self._same.update(same)
                self._next = self._pull()

    def other_faces(self) -> list[int]:
        """The tracks that were about another face before, on most of their frames."""
        return [t for t in self._tracks if self._same[t] < LEAST_SHARE * self._had[t]]

    def warnings(self) -> Iterator[str]:
        """A line about each correction of such a track."""
        for line in self._lines:
            if line.track in self.other_faces():
                yield (
                    f"{line.place}: track {line.track} was another face before the video was "
                    "annotated again; check its number"
                )

    def _pull(self) -> tuple[int, dict[int, np.ndarray]] | None:
        try:
            return next(self._before, None)
        except InputError:  # the earlier results are damaged: nothing to compare with
            return None


def _by_frame(
    video: SavedVideo, tracks: Sequence[int]
) -> Iterator[tuple[int, dict[int, np.ndarray]]]:
    """Each frame that has some of ``tracks``, with their boxes."""
    for settled in read_settled(video):
        wanted = np.isin(settled.faces.track, tracks)
        places: list[int] = settled.place[wanted].tolist()
        numbers: list[int] = settled.faces.track[wanted].tolist()
        found: dict[int, dict[int, np.ndarray]] = {}
        for place, track, box in zip(places, numbers, settled.faces.box[wanted], strict=True):
            found.setdefault(settled.frames[place].frame.index, {})[track] = box
        yield from found.items()


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    inner = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    both = float(inner.clip(0).prod())
    union = float((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod()) - both
    return both > LEAST_OVERLAP * union
