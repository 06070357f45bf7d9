"""Decides expression and identity of tracks from the probabilities of single frames."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vidfx.stages.certainty import NO_LABEL
from vidfx_engines.spec import OTHER

UNKNOWN = "unknown"
MIN_WEIGHT = 0.02
"""Of one frame."""
MIN_TOTAL_WEIGHT = 0.1
"""Of all frames of a track together: with less it is ``unknown``."""


@dataclass(frozen=True)
class ExpressionReadings:
    """The frames of some tracks on which an expression was read, one track after the other."""

    time_s: np.ndarray
    "(R,)"
    quality: np.ndarray
    "(R,) 0..1"
    prob: np.ndarray
    "(R, K) float32"


@dataclass(frozen=True)
class ExpressionSmoother:
    """Averages measures of a track around each moment, weighted by nearness in time
    (``exp(-|dt| / tau_s)``); probabilities also by quality.
    """

    labels: tuple[str, ...]
    tau_s: float = 0.35

    def average(
        self, time_s: np.ndarray, readings: ExpressionReadings, first: np.ndarray, end: np.ndarray
    ) -> np.ndarray:
        """(N, K) float64: probabilities at ``time_s`` (N,) from the readings around each.

        Those are ``first[i]`` up to but excluding ``end[i]``. NaN where there are none near.
        """
        around, away_s = _around(time_s, readings.time_s, first, end)
        if not around.size:
            return np.full((len(time_s), len(self.labels)), np.nan)
        weight = np.maximum(readings.quality, MIN_WEIGHT)[around] * np.exp(-away_s / self.tau_s)
        mean = (readings.prob[around] * weight[:, :, None]).sum(axis=1)
        mean[weight.sum(axis=1) < 1e-6] = np.nan
        return mean / mean.sum(axis=1, keepdims=True)

    def level(
        self,
        time_s: np.ndarray,
        known_s: np.ndarray,
        values: np.ndarray,
        first: np.ndarray,
        end: np.ndarray,
    ) -> np.ndarray:
        """(N,) a measure at ``time_s`` (N,), from ``values`` (R,) at the times ``known_s`` (R,).

        Those are ``first[i]`` up to but excluding ``end[i]``, at least one.
        """
        around, away_s = _around(time_s, known_s, first, end)
        nearest = away_s.min(axis=1, keepdims=True, initial=np.inf)
        weight = np.exp((nearest - away_s) / self.tau_s)
        return (values[around] * weight).sum(axis=1) / weight.sum(axis=1)


def _around(
    time_s: np.ndarray, known_s: np.ndarray, first: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(N, W) rows ``first[i]`` up to ``end[i]``, and their distance in s; infinite for others."""
    around = first[:, None] + np.arange(int((end - first).max(initial=0)))
    inside = around < end[:, None]
    around = np.where(inside, around, 0)
    return around, np.where(inside, np.abs(known_s[around] - time_s[:, None]), np.inf)


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
        self.names = (*labels, UNKNOWN)
        "what is decided: one of these"
        self.thresholds = thresholds
        self._people = [i for i, label in enumerate(labels) if label != OTHER]
        self._sum = np.zeros(len(labels))
        self._weight = 0.0

    def add(self, quality: float, prob: np.ndarray) -> None:
        """Count one frame's probabilities (K,)."""
        weight = max(quality, MIN_WEIGHT)
        self._sum += np.float64(weight) * np.log(np.clip(prob, 1e-4, 1.0))
        self._weight += weight

    def __call__(self) -> tuple[int, float]:
        """The index in ``names`` of what is decided so far, and its probability.

        UNKNOWN, with the probability of the most likely name, where none is certain. NO_LABEL and
        NaN before any frame was read.
        """
        if not self._weight:
            return NO_LABEL, math.nan
        mean = np.exp(self._sum / self._weight)
        mean /= mean.sum()
        best = max(self._people, key=lambda i: mean[i])
        prob = float(mean[best])
        if self._weight >= MIN_TOTAL_WEIGHT:
            if prob >= self.thresholds.accept:
                return best, prob
            if OTHER in self.labels and prob <= self.thresholds.reject:
                other = self.labels.index(OTHER)
                return other, float(mean[other])
        return len(self.labels), prob
