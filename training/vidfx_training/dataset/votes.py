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


def shares(data: Dataset, names: Sequence[str], *, people: bool = False) -> np.ndarray:
    """(N, K) float32, rows sum to 1: the share of the votes for each of ``names``.

    Votes for answers that are none of ``names`` are shared among all K equally: such a picture
    shows none of them. A single label has all votes.
    """
    given, rest = given_shares(data, names, people=people)
    return (given + rest[:, None] / len(names)).astype(np.float32)


def majority(
    data: Dataset, names: Sequence[str], above: float = MAJORITY, *, people: bool = False
) -> np.ndarray:
    """(N,) int64: the index of the label with more than ``above`` of all votes; -1 without one."""
    given, _ = given_shares(data, names, people=people)
    return np.where(given.max(1, initial=0) > above, given.argmax(1), -1)


def given_shares(
    data: Dataset, names: Sequence[str], *, people: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of all votes: (N, K) for ``names``, and (N,) for other answers."""
    answers = data.answers or data.labels
    places = [class_of(answer, names, people=people) for answer in answers]
    if data.answers:
        votes = np.array([p.votes for p in data], float).reshape(-1, len(answers))
    else:
        column = {label: i for i, label in enumerate(answers)}
        votes = np.eye(len(answers))[[column[p.label] for p in data]]
    votes /= votes.sum(1, keepdims=True)
    found = np.zeros((len(votes), len(names) + 1))
    for column, place in enumerate(places):
        found[:, len(names) if place is None else place] += votes[:, column]
    return found[:, :-1], found[:, -1]
