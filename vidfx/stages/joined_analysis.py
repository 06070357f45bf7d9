"""Several analyses of different frames as one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from vidfx.stages.analyze import Analysis, ReadTask
from vidfx.types import Detections, Prediction


class JoinedAnalysis:
    """See Analysis: the faces of some frames of each of ``parts``, in frame order."""

    def __init__(self, parts: Sequence[Analysis], frames: Sequence[Collection[int]]) -> None:
        """There is at least one part; ``frames`` has the Frame.index of those wanted of each."""
        self._parts = parts
        rows = [
            np.flatnonzero(np.isin(part.detections.frame, list(wanted)))
            for part, wanted in zip(parts, frames, strict=True)
        ]
        found = [part.detections.rows(own) for part, own in zip(parts, rows, strict=True)]
        order = np.argsort(np.concatenate([d.frame for d in found]), kind="stable")
        self.detections = Detections.joined(found)
        self._part = np.repeat(np.arange(len(found)), [len(d) for d in found])[order]
        self._row = np.concatenate(rows)[order]

    def quality(self, rows: np.ndarray) -> np.ndarray:
        rated = np.empty((len(rows), 3))
        for number, part in enumerate(self._parts):
            own = self._part[rows] == number
            rated[own] = part.quality(self._row[rows[own]])
        return rated

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        read = [
            part.read(task, self._row[rows[self._part[rows] == number]])
            for number, part in enumerate(self._parts)
        ]

        def predictions() -> Prediction:
            of_parts = [result() for result in read]
            starts = np.cumsum([0, *(len(p.prob) for p in of_parts[:-1])])
            prob = np.concatenate([p.prob for p in of_parts if len(p.prob)])
            return Prediction(of_parts[0].labels, prob[starts[self._part] + self._row])

        return predictions


def joined(parts: Sequence[Analysis], frames: Sequence[Collection[int]]) -> Analysis:
    """One analysis of all ``parts``; waits for their detections if they are many.

    ``frames`` has the Frame.index of those that are wanted of each part, all of an only one.
    """
    return parts[0] if len(parts) == 1 else JoinedAnalysis(parts, frames)
