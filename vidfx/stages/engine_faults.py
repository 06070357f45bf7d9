"""Invalid outputs of engines: found where they enter, left out, counted and reported.

A network may give NaN, infinity or 1e30 for one picture (a plain black crop, a sum that overflows
fp16) and be right about all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vidfx_engines.errors import EngineRunError

SUM_TOLERANCE = 0.02
"""By how much the sum of probabilities in sixteen or eight bits may differ from 1."""
SCORE_TOLERANCE = 0.01
REACH = 1.0
"""How far outside the picture a face may lie, in units of the picture's longer side."""
_OUTPUTS = {"detection": "scores or places", "embedding": "vectors"}
FaultCount = tuple[int, int, int]
"""Frames or faces given to an engine, those with invalid outputs, and valid outputs."""


def are_probabilities(prob: np.ndarray) -> np.ndarray:
    """(N,) bool: which rows of ``prob`` (N, K) are finite, not negative and sum to 1."""
    with np.errstate(all="ignore"):
        sums = np.abs(prob.sum(1) - 1) <= SUM_TOLERANCE
        return sums & (prob >= -SUM_TOLERANCE).all(1) & (prob <= 1 + SUM_TOLERANCE).all(1)


def are_faces(
    box: np.ndarray, score: np.ndarray, landmarks: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """(N,) bool: which candidates have a score of 0 to 1 and lie in or near the picture.

    ``box`` (N, 4) and ``landmarks`` (N, 5, 2) are in px of a picture of ``size`` (height, width).
    """
    longer = max(size)
    points = np.concatenate([box, landmarks.reshape(-1, 10)], 1)
    near = (points >= -REACH * longer) & (points <= (1 + REACH) * longer)
    ordered = (box[:, 2:] >= box[:, :2]).all(1)
    return near.all(1) & ordered & (score >= 0) & (score <= 1 + SCORE_TOLERANCE)


class EngineFaults:
    """Counts of invalid outputs of each engine over one video."""

    def __init__(self) -> None:
        self.counts: dict[str, FaultCount] = {}
        "by task"

    def add(self, task: str, given: int, faulty: int, valid: int) -> None:
        before = self.counts.get(task, (0, 0, 0))
        self.counts[task] = before[0] + given, before[1] + faulty, before[2] + valid

    def merge(self, counts: Mapping[str, Sequence[int]]) -> None:
        """Add ``counts`` of another part of the video."""
        for task, (given, faulty, valid) in counts.items():
            self.add(task, given, faulty, valid)

    def warnings(self, names: Mapping[str, str]) -> list[str]:
        """A warning for each task with invalid outputs; ``names`` of engines are by task.

        Raises EngineRunError where all outputs of one engine were invalid.
        """
        lines: list[str] = []
        for task, (given, faulty, valid) in self.counts.items():
            if not faulty:
                continue
            name = names[task]
            what = _OUTPUTS.get(task, "probabilities")
            if faulty == given and not valid:
                raise EngineRunError(
                    f"{name}: none of its outputs are valid {what}: not finite, or out of range",
                    hint="export the model again, or name another; see vidfx evaluate",
                )
            of = "frames" if task == "detection" else "faces"
            lines.append(
                f"{task}: on {faulty} of {given} {of} the outputs of {name} are not valid {what};"
                " they were left out"
            )
        return lines
