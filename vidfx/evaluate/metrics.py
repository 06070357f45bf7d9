"""Accuracy, precision, recall and F1, with confidence intervals.

Precision, recall and F1 are defined as in scikit-learn; macro means leave out classes without
pictures. Intervals are percentile bootstraps (Efron 1979) that resample groups of pictures: frames
of one recording are alike, and resampling single pictures would give too narrow intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95
"confidence level of the intervals"
DRAWS = 4_000_000
"groups drawn at once, to limit memory"

Interval = tuple[float, float]


@dataclass(frozen=True)
class ClassFigures:
    """Figures 0..1 of one class, or means over classes; None for a class without pictures."""

    precision: float
    recall: float | None
    f1: float | None
    support: int
    "pictures"


@dataclass(frozen=True)
class BootstrapSamples:
    """Accuracies of R resamples."""

    accuracy: np.ndarray
    "(R,) float64"
    balanced: np.ndarray
    "(R,) float64, mean recall of the classes in each resample"


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(K, K) int64 counts; rows are the true classes. ``truth``, ``predicted``: (N,) int."""
    return np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)


def accuracy(confusion: np.ndarray) -> float:
    """Share of correct pictures."""
    return float(np.trace(confusion) / confusion.sum())


def balanced_accuracy(confusion: np.ndarray) -> float:
    """Mean recall of the classes that have pictures."""
    support = confusion.sum(1)
    there = support > 0
    return float((np.diag(confusion)[there] / support[there]).mean())


def per_class(confusion: np.ndarray) -> list[ClassFigures]:
    """Figures of each class. Precision is 0 for a class that is never predicted."""
    found: list[ClassFigures] = []
    for right, support, predicted in zip(
        np.diag(confusion).tolist(),
        confusion.sum(1).tolist(),
        confusion.sum(0).tolist(),
        strict=True,
    ):
        found.append(
            ClassFigures(
                precision=right / predicted if predicted else 0.0,
                recall=right / support if support else None,
                f1=2 * right / (support + predicted) if support else None,
                support=support,
            )
        )
    return found


def mean_figures(figures: Sequence[ClassFigures], *, weighted: bool) -> ClassFigures:
    """Mean over the classes with pictures, ``weighted`` by their number of pictures or not."""
    there = [f for f in figures if f.support]
    weights = [f.support if weighted else 1 for f in there]

    def mean(values: Sequence[float | None]) -> float:
        return float(np.average([v or 0.0 for v in values], weights=weights))

    return ClassFigures(
        precision=mean([f.precision for f in there]),
        recall=mean([f.recall for f in there]),
        f1=mean([f.f1 for f in there]),
        support=sum(f.support for f in there),
    )


def bootstrap(
    truth: np.ndarray,
    right: np.ndarray,
    group: np.ndarray,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> BootstrapSamples:
    """Accuracies of ``resamples`` draws of G groups with replacement.

    ``truth`` (N,) int classes, ``right`` (N,) bool, ``group`` (N,) int, 0..G-1, each with pictures.
    The same seed and groups give the same draws, so that two classifiers can be compared in pairs.
    """
    groups, classes = int(group.max()) + 1, int(truth.max()) + 1
    cell = group * classes + truth
    size = groups * classes
    pictures = np.bincount(cell, minlength=size).reshape(groups, classes)
    correct = np.bincount(cell[right], minlength=size).reshape(groups, classes)
    shares: list[np.ndarray] = []
    recalls: list[np.ndarray] = []
    for weight in draws(groups, resamples, seed):
        n, hits = weight @ pictures, weight @ correct
        shares.append(hits.sum(1) / n.sum(1))
        there = n > 0
        recall = np.divide(hits, n, out=np.zeros(n.shape), where=there)
        recalls.append(recall.sum(1) / there.sum(1))
    return BootstrapSamples(np.concatenate(shares), np.concatenate(recalls))


def resampled_sums(
    values: np.ndarray, group: np.ndarray, *, seed: int, resamples: int = RESAMPLES
) -> np.ndarray:
    """Sums (R, K) of ``values`` (N, K) in ``resamples`` draws of G groups with replacement.

    ``group`` (N,) int, 0..G-1.
    """
    sums = np.zeros((int(group.max()) + 1, values.shape[1]))
    np.add.at(sums, group, values)
    return np.concatenate([weight @ sums for weight in draws(len(sums), resamples, seed)])


def draws(groups: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Chunks (R', G) float64: how often each group is drawn in each resample."""
    generator = np.random.default_rng(seed)
    at_once = max(1, DRAWS // groups)
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = generator.integers(0, groups, (rows, groups)) + np.arange(rows)[:, None] * groups
        counts = np.bincount(drawn.reshape(-1), minlength=rows * groups)
        yield counts.reshape(rows, groups).astype(float)


def interval(samples: np.ndarray) -> Interval:
    """The middle 95 % of ``samples`` (R,)."""
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high
