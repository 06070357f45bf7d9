"""Confidence against accuracy, by bins of confidence; without torch.

Expected calibration error: Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Pictures with a confidence in low..high."""

    low: float
    high: float
    pictures: int
    confidence: float | None
    "mean; None without pictures"
    accuracy: float | None


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
