"""What engines give is checked once, where it enters: what cannot be is left out, counted and told.

A network may give NaN, infinity or 1e30 for one picture (a plain black crop, a sum that fp16 does
not hold) and be right about all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import EngineSpec

SUM_TOLERANCE = 0.02
"""By how much probabilities in sixteen or eight bits may miss 1."""
SCORE_TOLERANCE = 0.01
Count = tuple[int, int, int]
"""Frames or faces that an engine was asked about, those with a fault, and good answers."""
REACH = 1.0
"""How far out of the picture a face may stand, in its longer sides."""


def are_probabilities(prob: np.ndarray) -> np.ndarray:
    """(N,) bool: which rows of ``prob`` (N, K) are finite, not negative and sum to 1."""
    with np.errstate(all="ignore"):
        sums = np.abs(prob.sum(1) - 1) <= SUM_TOLERANCE
        return sums & (prob >= -SUM_TOLERANCE).all(1) & (prob <= 1 + SUM_TOLERANCE).all(1)


def are_faces(
    box: np.ndarray, score: np.ndarray, landmarks: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """(N,) bool: which candidates have a score of 0 to 1 and stand in or about the picture.

    ``box`` (N, 4) and ``landmarks`` (N, 5, 2) are in px of a picture of ``size`` (height, width).
    """
    longer = max(size)
    points = np.concatenate([box, landmarks.reshape(-1, 10)], 1)
    there = (points >= -REACH * longer) & (points <= (1 + REACH) * longer)
    ordered = (box[:, 2:] >= box[:, :2]).all(1)
    return there.all(1) & ordered & (score >= 0) & (score <= 1 + SCORE_TOLERANCE)


class Faults:
    """How much of what each engine gave over one video cannot be."""

    def __init__(self) -> None:
        self.counts: dict[str, Count] = {}
        "by task"

    def add(self, task: str, asked: int, faulty: int, good: int) -> None:
        before = self.counts.get(task, (0, 0, 0))
        self.counts[task] = before[0] + asked, before[1] + faulty, before[2] + good

    def merge(self, counts: Mapping[str, Sequence[int]]) -> None:
        """Add ``counts`` of another part of the video."""
        for task, (asked, faulty, good) in counts.items():
            self.add(task, asked, faulty, good)

    def told(self, specs: Mapping[str, EngineSpec]) -> list[str]:
        """A warning for each engine that gave what cannot be; ``specs`` are by task.

        Raises EngineRunError where one gave nothing else.
        """
        lines: list[str] = []
        for task, (asked, faulty, good) in self.counts.items():
            if not faulty:
                continue
            name = specs[task].name
            what = "scores or places" if task == "detection" else "probabilities"
            if faulty == asked and not good:
                raise EngineRunError(
                    f"{name}: nothing that it gave can be {what}: not finite, or out of all bounds",
                    hint="export the model again, or name another; see vidfx evaluate",
                )
            of = "frames" if task == "detection" else "faces"
            lines.append(
                f"{task}: on {faulty} of {asked} {of} {name} gave numbers that cannot be {what};"
                " they were left out"
            )
        return lines
