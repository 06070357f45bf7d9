"""Thresholds keep the rate that they were set for, and decide as vidfx annotate does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vidfx.errors import UsageError
from vidfx.evaluate.thresholds import between, choose, decisions, evidence
from vidfx.stages.smooth import IdentityDecider, IdentityThresholds
from vidfx_engines.spec import Thresholds

VALUES = st.floats(0, 127 / 128, width=32, allow_subnormal=False) | st.sampled_from([0.25, 0.5])
RATES = st.integers(1_000, 500_000).map(lambda millionths: millionths / 1_000_000)
"""As people type them: closer to a whole number of pictures, rounding decides."""
SCORES = st.integers(2, 60).flatmap(lambda n: arrays(np.float32, n, elements=VALUES))


@given(score=SCORES, rate=RATES, data=st.data())
@settings(max_examples=300, deadline=None)
def test_the_rate_is_kept_for_as_many_wanted_and_as_few_others_as_can_be(
    score: np.ndarray, rate: float, data: st.DataObject
) -> None:
    n = len(score)
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    wanted[:2] = True, False
    score = score.astype(float)
    found = choose(score, wanted, rate)
    others, own = score[~wanted], score[wanted]
    assert 0 <= found.reject <= found.accept <= 1
    assert found.others_accepted == (others >= found.accept).sum() <= rate * len(others)
    assert found.wanted_accepted == (own >= found.accept).sum()
    if found.reject > 0:
        assert found.wanted_rejected <= rate * len(own)

    for least in own[own < found.accept]:  # accepting one more of the wanted would break the rate
        assert (others >= least).sum() > rate * len(others)
    for least in score[score >= found.accept]:  # accepting fewer others would cost one
        fewer = (others > least).sum() < found.others_accepted
        assert not fewer or (own > least).sum() < found.wanted_accepted
    higher = own[(own > found.reject) & (own < found.accept)]
    if len(higher):  # so would rejecting one more
        assert (own <= higher.min()).sum() > rate * len(own) * (1 - 1e-9)


def test_apart_classes_meet_in_the_middle() -> None:
    found = choose(np.array([0.9, 0.95, 0.1, 0.2]), np.array([True, True, False, False]), 0.01)
    assert (found.accept, found.reject) == (0.55, 0.55)
    assert (found.wanted_accepted, found.others_accepted, found.wanted_rejected) == (2, 0, 0)


def test_others_are_not_let_pass_only_because_they_may() -> None:
    """One of these others might be; but nobody who is wanted stands below 0.9."""
    others = np.linspace(1e-5, 2e-5, 100)
    found = choose(np.append(others, [0.9, 0.99]), np.arange(102) >= 100, 0.01)
    assert 0.4 < found.accept < 0.5
    assert (found.others_accepted, found.wanted_accepted) == (0, 2)


def test_what_no_threshold_can_do() -> None:
    with pytest.raises(UsageError, match="2 of 2 pictures of other people have probability 1"):
        choose(np.array([1.0, 1.0, 0.5]), np.array([False, False, True]), 0.01)
    with pytest.raises(UsageError, match="no pictures of other people"):
        choose(np.array([1.0, 0.5]), np.array([True, True]), 0.01)


@given(st.floats(0, 1), st.floats(0, 1))
def test_between_is_between(a: float, b: float) -> None:
    low, high = sorted((a, b))
    middle = between(low, high)
    assert middle is None or low < middle < high


@given(
    arrays(np.float64, (5, 3), elements=st.floats(0.01, 1)),
    st.floats(0.3, 0.9),
    st.floats(0, 0.3),
)
@settings(deadline=None)
def test_decides_as_annotate_does(prob: np.ndarray, accept: float, reject: float) -> None:
    labels = ("Ana", "other", "Bo")
    prob /= prob.sum(1, keepdims=True)
    label, score = decisions(prob, labels, Thresholds(accept, reject, "a test"))
    for row, place, best in zip(prob, label.tolist(), score.tolist(), strict=True):
        if min(abs(best - accept), abs(best - reject)) < 1e-6:
            continue
        decider = IdentityDecider(labels, IdentityThresholds(accept, reject))
        decider.add(1.0, row)
        assert decider.names[decider()[0]] == ("unknown" if place < 0 else labels[place])


def test_evidence_says_how_sure_it_is() -> None:
    score, wanted = np.array([0.9, 0.8, *[0.1] * 100]), np.array([True, True, *[False] * 100])
    text = evidence(choose(score, wanted, 0.01), 0.01, data="a\nb", part="val", groups=7)
    assert "at most 1 % of others accepted" in text
    assert text.isprintable()
    none = choose(np.append(score, 0.2), np.append(wanted, False), 0.001)
    assert "below 3 % by the rule of three" in evidence(none, 0.001, data="x", part="val", groups=7)
