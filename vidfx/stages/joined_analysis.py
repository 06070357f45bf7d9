"""Several analyses of different frames as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vidfx.stages.analyze import Analysis, ReadTask
from vidfx.types import Detections, Prediction


class JoinedAnalysis:
    """See Analysis: the faces of all ``parts``, in frame order."""

    def __init__(self, parts: Sequence[Analysis]) -> None:
        """There is at least one part; no two have a frame in common."""
        self._parts = parts
        found = [part.detections for part in parts]
        frame = np.concatenate([d.frame for d in found])
        order = np.argsort(frame, kind="stable")
        self.detections = Detections(
            frame[order],
            np.concatenate([d.box for d in found])[order],
            np.concatenate([d.score for d in found])[order],
            np.concatenate([d.landmarks for d in found])[order],
            sum(d.faulty for d in found),
        )
        self._part = np.repeat(np.arange(len(found)), [len(d) for d in found])[order]
        self._row = np.concatenate([np.arange(len(d)) for d in found])[order]

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
            prob = np.concatenate([p.prob for p in of_parts])
            return Prediction(of_parts[0].labels, prob[starts[self._part] + self._row])

        return predictions


def joined(parts: Sequence[Analysis]) -> Analysis:
    """One analysis of the frames of all ``parts``; waits for their detections if they are many."""
    return parts[0] if len(parts) == 1 else JoinedAnalysis(parts)
