"""Calibration of probabilities.

Expected calibration error and temperature: Guo et al. 2017, "On Calibration of Modern Neural
Networks". Brier score: Brier 1950, the sum over all classes, 0 (best) to 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15
LEAST = float(np.finfo(np.float32).tiny)
"replaces a probability of 0 before its logarithm is taken"


@dataclass(frozen=True)
class Bin:
    """Pictures with a confidence in low..high."""

    low: float
    high: float
    pictures: int
    confidence: float | None
    "mean; None without pictures"
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Calibration figures of N pictures."""

    ece: float
    "0..1: mean distance of confidence and accuracy over the bins, weighted by pictures"
    brier: float
    nll: float
    "mean negative log probability of the true class, nats"
    bins: tuple[Bin, ...]


def calibration(prob: np.ndarray, truth: np.ndarray) -> Calibration:
    """Measure ``prob`` (N, K), rows that sum to 1, against ``truth`` (N,) int; N > 0."""
    rows = np.arange(len(truth))
    bins = reliability(prob.max(1), prob.argmax(1) == truth)
    wanted = np.zeros(prob.shape)
    wanted[rows, truth] = 1
    return Calibration(
        ece=calibration_error(bins),
        brier=float(((prob - wanted) ** 2).sum(1).mean()),
        nll=float(-np.log(np.maximum(prob[rows, truth], LEAST)).mean()),
        bins=bins,
    )


def reliability(confidence: np.ndarray, right: np.ndarray) -> tuple[Bin, ...]:
    """``BINS`` bins of N pictures: ``confidence`` (N,), and ``right`` (N,), 0 to 1."""
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(_bin(number, confidence, right, which == number) for number in range(BINS))


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error, 0..1, of one or more pictures."""
    gaps = (
        b.pictures * abs(b.confidence - b.accuracy)
        for b in bins
        if b.confidence is not None and b.accuracy is not None
    )
    return sum(gaps) / sum(b.pictures for b in bins)


def _bin(number: int, confidence: np.ndarray, right: np.ndarray, rows: np.ndarray) -> Bin:
    n = int(rows.sum())
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        pictures=n,
        confidence=float(confidence[rows].mean()) if n else None,
        accuracy=float(right[rows].mean()) if n else None,
    )


def without_temperature(prob: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) before the logits were divided by ``temperature``.

    The logits are temperature * log(prob), up to a constant.
    """
    logits = temperature * np.log(np.maximum(prob, LEAST))
    exponent = np.exp(logits - logits.max(1, keepdims=True))
    return exponent / exponent.sum(1, keepdims=True)
