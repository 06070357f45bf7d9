"""When a face has an expression, why not, and that it does not come and go with each frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest

from vidfx.stages.certainty import NO_LABEL, REASONS, UNDECIDED, Certainty
from vidfx.stages.smooth import ExpressionSmoother

LIMITS = Certainty(min_face_px=20, min_quality=0.1, min_prob=0.6)
SURE, UNSURE, UNREAD = (0.8, 0.2), (0.55, 0.45), (math.nan, math.nan)
Moment = tuple[float, float, Sequence[float]]
"""Side in px, quality, probabilities."""


def decided(moments: Sequence[Moment], rate: float = 25) -> list[str | int]:
    """Label or reason of one moment after another."""
    decision, found = UNDECIDED, list[str | int]()
    for i, moment in enumerate(moments):
        decision = LIMITS.decide(decision, i / rate, *moment)
        certain = decision.label != NO_LABEL
        assert certain == (REASONS[decision.reason] == "")
        found.append(decision.label if certain else REASONS[decision.reason])
    return found


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((40, 0.5, SURE), 0),
        ((20, 0.1, (0.4, 0.6)), 1),
        ((19, 0.5, SURE), "too_small"),
        ((19, 0.05, UNREAD), "too_small"),
        ((40, 0.09, SURE), "low_quality"),
        ((40, 0.5, UNREAD), "not_read"),
        ((40, 0.5, UNSURE), "low_confidence"),
    ],
)
def test_the_first_limit_that_is_not_reached_is_the_reason(
    moment: Moment, expected: str | int
) -> None:
    assert decided([moment]) == [expected]


@pytest.mark.parametrize(
    "slightly_less", [(18.5, 0.5, SURE), (40, 0.095, SURE), (40, 0.5, (0.56, 0.44))]
)
def test_what_is_shown_ends_below_the_limit(slightly_less: Moment) -> None:
    assert decided([(40, 0.5, SURE), slightly_less]) == [0, 0]
    assert isinstance(decided([slightly_less])[0], str)


@pytest.mark.parametrize("poor", [(5, 0.5, SURE), (40, 0.01, SURE), (40, 0.5, (0.5, 0.5))])
def test_a_gap_has_a_quarter_of_a_second(poor: Moment) -> None:
    good = (40.0, 0.5, SURE)
    found = decided([good, poor, *[good] * 12])
    (reason,) = {label for label in found if isinstance(label, str)}
    assert found == [0, *[reason] * 7, *[0] * 6]


def test_a_gap_that_is_longer_ends_at_once() -> None:
    good, poor = (40.0, 0.5, SURE), (40.0, 0.01, SURE)
    assert decided([good, *[poor] * 10, good]) == [0, *["low_quality"] * 10, 0]


def test_no_expression_flickers() -> None:
    """Measures are noise around the limits: gaps last a quarter of a second or more."""
    rng = np.random.default_rng(5)
    sides, qualities, probs = (rng.normal(m, 0.1 * m, 1000) for m in (25, 0.125, 0.72))
    moments = [(s, q, (p, 1 - p)) for s, q, p in zip(sides, qualities, probs, strict=True)]
    runs = [
        (certain, len(list(some)))
        for certain, some in groupby(decided(moments), lambda label: isinstance(label, int))
    ]
    assert len(runs) > 20
    assert all(length >= 7 for certain, length in runs[1:-1] if not certain)


def test_a_face_of_a_slow_sequence_need_not_wait() -> None:
    assert decided([(40, 0.5, UNSURE), (40, 0.5, SURE)], rate=2) == ["low_confidence", 0]


def test_measures_are_smoothed() -> None:
    """One poor frame among good ones is not the level; far frames count little."""
    smoother = ExpressionSmoother(("a", "b"))
    known_s = np.arange(20) / 10
    values = np.where(np.arange(20) == 10, 0.0, 1.0)
    first, end = np.zeros(2, np.int64), np.full(2, 20)
    level = smoother.level(np.array([1.0, 60.0]), known_s, values, first, end)
    assert 0.8 < level[0] < 0.9 and level[1] > 0.95


def test_the_level_of_no_face_is_empty() -> None:
    nothing, rows = np.zeros(0), np.zeros(0, np.int64)
    level = ExpressionSmoother(("a", "b")).level(nothing, np.array([1.0]), np.ones(1), rows, rows)
    assert level.shape == (0,)
