"""Compare an engine's probabilities with the votes of several people."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from vidfx.evaluate.calibration import LEAST
from vidfx.evaluate.predict import Predictions
from vidfx_engines.spec import EngineSpec
from vidfx_training.dataset.index import Dataset
from vidfx_training.dataset.votes import MAJORITY, given_shares, majority
from vidfx_training.dataset.votes_file import names_class
from vidfx_training.reliability import calibration_error, reliability


def vote_figures(
    found: Predictions, data: Dataset, spec: EngineSpec, agreement: float
) -> dict[str, Any]:
    """The figures against the votes; ``found`` of all readable pictures of ``data``."""
    answer = majority(data.only(found.pictures), data.answers, agreement)
    labelled, agreed = found.truth >= 0, answer >= 0
    elsewhere: list[int] = answer[~labelled & agreed].tolist()
    classes = [index for index, name in enumerate(data.answers) if names_class(name)]
    other = ~labelled & np.isin(answer, classes)
    return {
        "agreement": agreement,
        "min_prob": spec.least_prob,
        "majority": _confidence(found, labelled, spec.least_prob),
        "other_classes": _confidence(found, other, spec.least_prob),
        "other_majority": dict(sorted(Counter(data.answers[i] for i in elsewhere).items())),
        "no_majority": int((~labelled & ~agreed).sum()),
        **_against_votes(found, data),
    }


def _confidence(found: Predictions, rows: np.ndarray, min_prob: float) -> dict[str, Any]:
    """How sure the engine is of its most probable label on ``rows`` (N,) bool."""
    top = found.prob[rows].max(1)
    return {
        "pictures": len(top),
        "shown": float((top >= min_prob).mean()) if len(top) else None,
        "median_probability": float(np.median(top)) if len(top) else None,
    }


def _against_votes(found: Predictions, data: Dataset) -> dict[str, Any]:
    """Cross-entropy, entropy of the votes (nats) and calibration.

    On the pictures for which the engine's labels together have more than half of the votes; other
    votes do not count. The calibration compares the highest probability with that label's share of
    the votes.
    """
    share = given_shares(data.only(found.pictures), found.labels)
    rows = share.sum(1) > MAJORITY
    share, prob = share[rows] / share[rows].sum(1, keepdims=True), found.prob[rows]
    if not len(share):
        return {"compared": 0, "cross_entropy": None, "entropy": None, "ece": None}
    top = prob.argmax(1)[:, None]
    agreed = np.take_along_axis(share, top, 1)[:, 0]
    return {
        "compared": len(share),
        "cross_entropy": _cross_entropy(share, prob),
        "entropy": _cross_entropy(share, share),
        "ece": calibration_error(reliability(prob.max(1), agreed)),
    }


def _cross_entropy(target: np.ndarray, prob: np.ndarray) -> float:
    """Mean over the rows (N, K), nats."""
    return float((target * -np.log(np.maximum(prob, LEAST))).sum(1).mean())
