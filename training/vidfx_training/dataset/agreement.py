"""How far the people who voted on the pictures of a data set agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vidfx_training.dataset.index import Picture
from vidfx_training.dataset.votes import MAJORITY
from vidfx_training.dataset.votes_file import names_class

BINS = 10
"of the histogram of agreement, 0..1"
PAIRS = 5
"pairs of classes that are listed as confused"


@dataclass(frozen=True)
class Answer:
    """The votes for one answer."""

    most: int
    "pictures on which it has the most votes, the first of equals"
    majority: int
    "pictures on which it has more than half of the votes"
    agreement: float | None
    "mean share of its votes on the pictures on which it has the most; None without any"
    kappa: float | None
    "Fleiss' kappa of this answer and all others; None if nobody or everybody gave it"


@dataclass(frozen=True)
class Confusion:
    """Two classes between which people were divided."""

    classes: tuple[str, str]
    share: float
    "of all pairs of votes for one picture, those with one vote for each of the two classes"


@dataclass(frozen=True)
class Agreement:
    """The votes for all pictures. Shares are of the pictures, 0..1."""

    votes: tuple[float, float, float] | None
    "votes for a picture: minimum, median and maximum; None where the numbers are weights"
    majority: float
    "share with a class that has more than half of the votes"
    ties: int
    "pictures on which two or more answers have the most votes"
    unclear: int
    "pictures on which more than half of the votes are for no class"
    agreement: float
    "mean share of the answer with the most votes"
    histogram: tuple[int, ...]
    "pictures by the share of the answer with the most votes: up to 0.1, up to 0.2, ..., up to 1"
    kappa: float | None
    "Fleiss' kappa of the pictures with two or more votes; None for weights, or without such"
    single: int
    "pictures with one vote, which do not count in kappa"
    answers: Mapping[str, Answer]
    confused: tuple[Confusion, ...]
    "the most frequent first, at most five"

    @property
    def classes(self) -> dict[str, Answer]:
        return {name: found for name, found in self.answers.items() if names_class(name)}


def agreement_of(pictures: Sequence[Picture], answers: Sequence[str]) -> Agreement | None:
    """How far the votes for ``pictures`` agree; None where there are no votes or no pictures."""
    if not pictures or not answers:
        return None
    votes = np.array([p.votes for p in pictures], float)
    n = votes.sum(axis=1)
    counts = bool((votes == np.rint(votes)).all())
    share = votes / n[:, None]
    most = share.max(axis=1)
    first = votes.argmax(axis=1)
    majority = (share > MAJORITY).sum(axis=0)
    no_class = np.array([not names_class(name) for name in answers])
    kappa, kappas = None, [None] * len(answers)
    single = n < 2 if counts else np.zeros(len(n), bool)
    if counts and not single.all():
        kappa, kappas = fleiss_kappa(votes[~single])
    return Agreement(
        votes=(float(n.min()), float(np.median(n)), float(n.max())) if counts else None,
        majority=_round(majority[~no_class].sum() / len(pictures)),
        ties=int(((votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1).sum()),
        unclear=int((share[:, no_class].sum(axis=1) > MAJORITY).sum()),
        agreement=_round(most.mean()),
        histogram=_histogram(most),
        kappa=kappa,
        single=int(single.sum()),
        answers={
            name: Answer(
                most=int((first == k).sum()),
                majority=int(majority[k]),
                agreement=_round(most[first == k].mean()) if (first == k).any() else None,
                kappa=kappas[k],
            )
            for k, name in enumerate(answers)
        },
        confused=_confused(votes, n * (n - 1) if counts else n * n, answers),
    )


def fleiss_kappa(votes: np.ndarray) -> tuple[float | None, list[float | None]]:
    """Kappa of (N, K) counts, two or more in each row, and of each answer against all others.

    Rows may have different numbers of votes: the estimator of Fleiss and Cuzick (1979), as in
    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), chapter 18. With
    equal numbers it is that of Fleiss (1971). None where all votes are for one answer, or an answer
    has no votes.
    """
    n = votes.sum(axis=1, keepdims=True)
    p = votes.sum(axis=0) / n.sum()
    chance = p * (1 - p)
    divided = (votes * (n - votes) / n).sum(axis=0) / (len(votes) * (n.mean() - 1))
    return _kappa(divided.sum(), chance.sum()), [
        _kappa(d, c) for d, c in zip(divided, chance, strict=True)
    ]


def votes_text(picture: Picture, answers: Sequence[str]) -> str:
    """The votes of a voted picture, the most first, as in ``sadness 5, neutral 4, unknown 1``."""
    votes = sorted(zip(picture.votes or (), answers, strict=True), key=lambda vote: -vote[0])
    return ", ".join(f"{name} {n:.3g}" for n, name in votes if n)


def opinions(
    pictures: Sequence[Picture], answers: Sequence[str], labels: Sequence[str]
) -> list[str]:
    """The votes for each of ``pictures`` as text, or its one of ``labels`` where it has none."""
    return [
        label if picture.votes is None else votes_text(picture, answers)
        for picture, label in zip(pictures, labels, strict=True)
    ]


def _kappa(divided: float, chance: float) -> float | None:
    return _round(1 - divided / chance) if chance > 0 else None


def _histogram(share: np.ndarray) -> tuple[int, ...]:
    bins = np.ceil(np.round(share * BINS, 6)).astype(int) - 1
    return tuple(np.bincount(bins, minlength=BINS).tolist())


def _confused(
    votes: np.ndarray, pairs: np.ndarray, answers: Sequence[str]
) -> tuple[Confusion, ...]:
    """``pairs`` (N,): twice the number of pairs of votes for each picture."""
    known = pairs > 0
    if not known.any():
        return ()
    votes = votes[known]
    both = (2 * votes / pairs[known, None]).T @ votes / len(votes)
    classes = [k for k, name in enumerate(answers) if names_class(name)]
    found = [
        Confusion((answers[a], answers[b]), _round(both[a, b]))
        for a, b in combinations(classes, 2)
        if both[a, b] > 0
    ]
    return tuple(sorted(found, key=lambda pair: -pair.share)[:PAIRS])


def _round(value: float) -> float:
    return round(float(value), 4)
