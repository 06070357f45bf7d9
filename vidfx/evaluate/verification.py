"""ROC curve and error rates of a score that separates wanted people from others."""

# scipy has no stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from vidfx.evaluate.metrics import LEVEL, Interval


@dataclass(frozen=True)
class Curve:
    """Rates at every threshold, from accepting nobody to accepting everybody."""

    far: np.ndarray
    "(P,) share of others accepted, rising from 0 to 1"
    recall: np.ndarray
    "(P,) share of the wanted accepted, rising from 0"

    @property
    def auc(self) -> float:
        """Area under recall over false-accept rate; ties count half."""
        return float(np.trapezoid(self.recall, self.far))

    @property
    def eer(self) -> float:
        """Equal error rate, interpolated: share of others accepted = share of wanted rejected."""
        gap = self.far + self.recall - 1
        after = int(np.argmax(gap >= 0))
        if after == 0:
            return float(self.far[0])
        share = -gap[after - 1] / (gap[after] - gap[after - 1])
        return float(self.far[after - 1] + share * (self.far[after] - self.far[after - 1]))


def curve(score: np.ndarray, wanted: np.ndarray, right: np.ndarray | None = None) -> Curve:
    """The curve of ``score`` (N,) for ``wanted`` (N,) bool, which must have both values.

    ``right`` (N,) bool: those of the wanted that count as accepted; None is all.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)  # of equal scores
    counted = np.cumsum((wanted if right is None else wanted & right)[order])[last]
    wrong = np.cumsum(~wanted[order])[last]
    return Curve(
        far=np.append(0.0, wrong / wrong[-1]),
        recall=np.append(0.0, counted / wanted.sum()),
    )


def allowed(pictures: int, rate: float) -> int:
    """The number of ``pictures`` at this rate, rounded down; 1 % of 300 is 3."""
    return int(np.floor(pictures * rate * (1 + 1e-12)))


def recall_at(score: np.ndarray, wanted: np.ndarray, named: np.ndarray, far: float) -> float:
    """Share of the wanted accepted under the right name, with at most ``far`` of the others.

    ``score`` (N,), ``wanted`` (N,) bool, ``named`` (N,) bool: the best name is the right one.
    """
    others = np.sort(score[~wanted])[::-1]
    n = allowed(len(others), far)
    above = np.ones(len(score), bool) if n >= len(others) else score > others[n]
    return float((above & named)[wanted].mean())


def clopper_pearson(k: int, n: int) -> Interval:
    """The exact 95 % interval of a share, from ``k`` of ``n`` (Clopper and Pearson 1934)."""
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high
