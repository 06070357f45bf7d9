"""The target of each picture: one label, or how the votes of several people are divided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx_engines.names import index_of
from vidfx_engines.spec import OTHER
from vidfx_training.dataset.index import Dataset, Picture

MAJORITY = 0.5
"""A label with a larger share of the votes is the picture's label."""


def agreement(picture: Picture) -> float:
    """The share of the most frequent answer, 0..1; 1 for a picture with one label."""
    return 1.0 if picture.votes is None else max(picture.votes) / sum(picture.votes)


def class_of(label: str, names: Sequence[str], *, people: bool = False) -> int | None:
    """The index of the class that a label or an answer means; None where it is none of ``names``.

    Expressions are found as by ``index_of``. The names of ``people`` are exact, and all others are
    ``other``, if that is one of ``names``.
    """
    if not people:
        return index_of(label, names)
    name = label if label in names else OTHER
    return names.index(name) if name in names else None


def class_matrix(
    answers: Sequence[str], names: Sequence[str], *, people: bool = False, elsewhere: float = 0.0
) -> np.ndarray:
    """(A, K): 1 where an answer means one of ``names``, see ``class_of``, and else 0.

    ``elsewhere`` is in the whole row of an answer that means none of them.
    """
    found = np.zeros((len(answers), len(names)))
    for row, answer in enumerate(answers):
        place = class_of(answer, names, people=people)
        if place is None:
            found[row] = elsewhere
        else:
            found[row, place] = 1
    return found


def shares(data: Dataset, names: Sequence[str], *, people: bool = False) -> np.ndarray:
    """(N, K) float32, rows sum to 1: the share of the votes for each of ``names``.

    Votes for answers that are none of ``names`` are shared among all K equally: such a picture
    shows none of them. A single label has all votes.
    """
    answers, votes = _votes(data)
    equally = 1 / len(names)
    classes = class_matrix(answers, names, people=people, elsewhere=equally)
    return (votes @ classes).astype(np.float32)


def given_shares(data: Dataset, names: Sequence[str], *, people: bool = False) -> np.ndarray:
    """(N, K): the share of all votes for each of ``names``; rows sum to 1 or less."""
    answers, votes = _votes(data)
    return votes @ class_matrix(answers, names, people=people)


def majority(
    data: Dataset, names: Sequence[str], above: float = MAJORITY, *, people: bool = False
) -> np.ndarray:
    """(N,) int64: the index of the label with more than ``above`` of all votes; -1 without one."""
    given = given_shares(data, names, people=people)
    return np.where(given.max(1, initial=0) > above, given.argmax(1), -1)


def _votes(data: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """The A answers, or labels, and the shares of the votes for each (N, A), rows sum to 1."""
    if data.answers:
        votes = np.array([p.votes for p in data], float).reshape(-1, len(data.answers))
        return data.answers, votes / votes.sum(1, keepdims=True)
    column = {label: i for i, label in enumerate(data.labels)}
    return data.labels, np.eye(len(column))[[column[p.label] for p in data]]
