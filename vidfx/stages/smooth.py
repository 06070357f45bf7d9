"""Decides expression and identity of a track from the probabilities of single frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vidfx.types import Reading
from vidfx_engines.spec import OTHER

UNKNOWN = "unknown"
MIN_WEIGHT = 0.02
"""Of one frame."""
MIN_TOTAL_WEIGHT = 0.1
"""Of all frames of a track together: with less it is ``unknown``."""


def raw_reading(labels: tuple[str, ...], prob: np.ndarray | None) -> Reading | None:
    """The most probable label of one frame's probabilities (K,); None for None."""
    if prob is None:
        return None
    best = int(prob.argmax())
    return Reading(labels[best], float(prob[best]), tuple(map(float, prob)))


class ExpressionSmoother:
    """The expression of one track over time.

    Probabilities are averaged around each moment, weighted by quality and by nearness in time
    (``exp(-|dt| / tau_s)``). A label is chosen from ``min_prob`` on, and stays until another one is
    ``margin`` ahead or it is ``slack`` below ``min_prob``.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        *,
        min_prob: float = 0.0,
        tau_s: float = 0.35,
        margin: float = 0.08,
        slack: float = 0.05,
    ) -> None:
        self.labels = labels
        self.min_prob = min_prob
        self.tau_s = tau_s
        self.margin = margin
        self.slack = slack
        self._label: int | None = None

    def __call__(
        self, time_s: float, around: Iterable[tuple[float, float, np.ndarray]]
    ) -> Reading | None:
        """Decide for ``time_s`` from (time in s, quality, probabilities (K,)) of frames around.

        None where there are no such frames; without a label where none is likely enough.
        """
        total, mean = 0.0, np.zeros(len(self.labels))
        for at, quality, prob in around:
            weight = max(quality, MIN_WEIGHT) * float(np.exp(-abs(at - time_s) / self.tau_s))
            total += weight
            mean += weight * prob
        if total < 1e-6:
            return None
        mean /= mean.sum()
        probs = tuple(map(float, mean))
        best = int(mean.argmax())
        if not self._stays(probs, best):
            self._label = best if probs[best] >= self.min_prob else None
        if self._label is None:
            return Reading(None, probs[best], probs)
        return Reading(self.labels[self._label], probs[self._label], probs)

    def _stays(self, probs: Sequence[float], best: int) -> bool:
        if self._label is None:
            return False
        prob = probs[self._label]
        return probs[best] <= prob + self.margin and prob >= self.min_prob - self.slack


@dataclass(frozen=True)
class IdentityThresholds:
    """When a track gets a name: the band between the two is 'unknown'."""

    accept: float = 0.8
    reject: float = 0.4


DEFAULT_THRESHOLDS = IdentityThresholds()
"""For an engine whose spec has none."""


class IdentityDecider:
    """Who one track is: the quality-weighted mean of log probabilities over all its frames."""

    def __init__(self, labels: tuple[str, ...], thresholds: IdentityThresholds) -> None:
        self.labels = labels
        self.thresholds = thresholds
        self._names = [i for i, label in enumerate(labels) if label != OTHER]
        self._sum = np.zeros(len(labels))
        self._weight = 0.0

    def add(self, quality: float, prob: np.ndarray) -> None:
        """Count one frame's probabilities (K,)."""
        weight = max(quality, MIN_WEIGHT)
        self._sum += weight * np.log(np.clip(prob, 1e-4, 1.0))
        self._weight += weight

    def __call__(self) -> Reading | None:
        """The decision so far; None before any frame was read."""
        if not self._weight:
            return None
        mean = np.exp(self._sum / self._weight)
        mean /= mean.sum()
        probs = tuple(map(float, mean))
        best = max(self._names, key=lambda i: mean[i])
        if self._weight < MIN_TOTAL_WEIGHT:
            return Reading(UNKNOWN, probs[best], probs)
        if mean[best] >= self.thresholds.accept:
            return Reading(self.labels[best], probs[best], probs)
        if OTHER in self.labels and mean[best] <= self.thresholds.reject:
            return Reading(OTHER, probs[self.labels.index(OTHER)], probs)
        return Reading(UNKNOWN, probs[best], probs)
