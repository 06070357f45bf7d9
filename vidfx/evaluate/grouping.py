"""How well groups agree with the people they should be, and how well rows over time do.

Pairwise: two things of one group are a pair; precision is the share of pairs of one person, recall
the share of a person's pairs that are together. B-cubed (Bagga and Baldwin 1998): precision and
recall of each thing's own group, averaged over the things. IDF1 (Ristani et al. 2016): people and
numbers are matched one to one so that as many rows as possible agree. Switches: how often a
person's number differs from the one before it (CLEAR MOT, Bernardin and Stiefelhagen 2008).
"""

# scipy has no stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from vidfx.evaluate.metrics import Interval, interval, resampled_sums


@dataclass(frozen=True)
class Share:
    """A figure 0..1 with its 95 % interval, bootstrapped by person."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class GroupFigures:
    """Precision, recall and F1 of groups."""

    precision: Share
    recall: Share
    f1: Share

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class RowFigures:
    """Rows of faces over time, against the people whom they show."""

    idf1: Share
    switches: int
    rows: int
    "that show somebody who is known"


def pairwise(truth: np.ndarray, group: np.ndarray, *, seed: int) -> GroupFigures:
    """Figures of pairs; ``truth`` and ``group`` (N,) int, -1 in ``group`` for one in no group."""
    both, together, same = _counts(truth, _alone(group))
    # each thing has half of a pair
    values = np.stack([both - 1, together - both, same - both], 1) / 2
    return _figures(values, truth, seed)


def b_cubed(truth: np.ndarray, group: np.ndarray, *, seed: int) -> GroupFigures:
    """Figures of things; ``truth`` and ``group`` (N,) int, -1 in ``group`` for one in no group."""
    both, together, same = _counts(truth, _alone(group))
    ones = np.ones(len(truth))
    return _means(np.stack([both / together, both / same, ones], 1), truth, seed)


def over_time(
    video: np.ndarray, time: np.ndarray, truth: np.ndarray, number: np.ndarray, *, seed: int
) -> RowFigures:
    """Figures of N rows of faces that were found; a person who was not found has none.

    ``video`` (N,) int; ``time`` (N,) s in it; ``truth`` (N,) int, -1 for somebody who is not known;
    ``number`` (N,) int, the person as the results have it, -1 for none. Numbers are compared over
    all rows: those that hold in one video only must differ from those of the others.
    """
    known = np.flatnonzero(truth >= 0)
    people, person = np.unique(truth[known], return_inverse=True)
    numbers, found = np.unique(number[number >= 0], return_inverse=True)
    numbered = np.full(len(number), -1)
    numbered[number >= 0] = found
    seen = numbered[known] >= 0
    table = np.zeros((len(people), len(numbers)))
    np.add.at(table, (person[seen], numbered[known][seen]), 1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    right = np.zeros(len(people))
    right[rows] = table[rows, columns]
    # a number's rows of nobody known count against the person it stands for
    foreign = np.bincount(numbered[(truth < 0) & (numbered >= 0)], minlength=len(numbers))
    extra = np.zeros(len(people))
    extra[rows] = foreign[columns]
    theirs = np.bincount(person, minlength=len(people))
    given = np.bincount(person[seen], minlength=len(people)) + extra
    values = np.stack([2 * right, theirs + given], 1)
    sums = resampled_sums(values, np.arange(len(people)), seed=seed)
    totals = values.sum(0)
    return RowFigures(
        Share(float(totals[0] / totals[1]), interval(sums[:, 0] / sums[:, 1])),
        _switches(video[known][seen], time[known][seen], person[seen], numbered[known][seen]),
        len(known),
    )


def _switches(video: np.ndarray, time: np.ndarray, person: np.ndarray, number: np.ndarray) -> int:
    order = np.lexsort((time, person, video))
    video, person, number = video[order], person[order], number[order]
    follows = (video[1:] == video[:-1]) & (person[1:] == person[:-1])
    return int((follows & (number[1:] != number[:-1])).sum())


def _alone(group: np.ndarray) -> np.ndarray:
    """``group``, with a group of its own for each thing that has none."""
    none = group < 0
    return np.where(none, group.max(initial=0) + np.cumsum(none), group)


def _counts(truth: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) each: things of the same person and group, of the same group, of the same person."""

    def sizes(keys: np.ndarray) -> np.ndarray:
        _, place, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        return count[place.reshape(-1)].astype(float)

    return sizes(np.stack([truth, group], 1)), sizes(group[:, None]), sizes(truth[:, None])


def _figures(values: np.ndarray, truth: np.ndarray, seed: int) -> GroupFigures:
    """From columns of true, false and missed pairs."""

    def of(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        right, wrong, missed = np.moveaxis(sums, -1, 0)
        return (
            _ratio(right, right + wrong),
            _ratio(right, right + missed),
            _ratio(2 * right, 2 * right + wrong + missed),
        )

    return _with_intervals(of, values, truth, seed)


def _means(values: np.ndarray, truth: np.ndarray, seed: int) -> GroupFigures:
    """From columns of precision, recall and ones."""

    def of(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        precision, recall, count = np.moveaxis(sums, -1, 0)
        f1 = _ratio(2 * precision * recall, (precision + recall) * count)
        return precision / count, recall / count, f1

    return _with_intervals(of, values, truth, seed)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """1 where nothing could go wrong."""
    return np.divide(part, whole, out=np.ones(np.shape(whole)), where=whole > 0)


def _with_intervals(
    figures: Callable[[np.ndarray], tuple[np.ndarray, ...]],
    values: np.ndarray,
    truth: np.ndarray,
    seed: int,
) -> GroupFigures:
    person = np.unique(truth, return_inverse=True)[1]
    given = figures(values.sum(0))
    drawn = figures(resampled_sums(values, person, seed=seed))
    return GroupFigures(
        *(Share(float(v), interval(some)) for v, some in zip(given, drawn, strict=True))
    )
