"""Calibration of probabilities.

Temperature: Guo et al. 2017, "On Calibration of Modern Neural Networks". Brier score: Brier 1950,
the sum over all classes, 0 (best) to 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidfx_training.reliability import Bin, calibration_error, reliability

LEAST = float(np.finfo(np.float32).tiny)
"replaces a probability of 0 before its logarithm is taken"


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


def without_temperature(prob: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) before the logits were divided by ``temperature``.

    The logits are temperature * log(prob), up to a constant.
    """
    logits = temperature * np.log(np.maximum(prob, LEAST))
    exponent = np.exp(logits - logits.max(1, keepdims=True))
    return exponent / exponent.sum(1, keepdims=True)
