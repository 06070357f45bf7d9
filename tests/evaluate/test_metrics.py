"""Figures compared with scikit-learn, with sums done by hand, and with known truths."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.evaluate import metrics
from vidfx.evaluate.calibration import calibration, without_temperature
from vidfx.evaluate.verification import clopper_pearson, curve, recall_at

sk = pytest.importorskip("sklearn.metrics")

HAND = np.array([[3, 1, 0], [2, 4, 0], [0, 0, 0]])


def some_predictions(n: int = 400, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    truth = random.integers(0, classes, n)
    wrong = random.random(n) < 0.4
    return truth, np.where(wrong, random.integers(0, classes, n), truth)


def test_figures_that_were_counted_by_hand() -> None:
    assert metrics.accuracy(HAND) == pytest.approx(0.7)
    assert metrics.balanced_accuracy(HAND) == pytest.approx((3 / 4 + 4 / 6) / 2)
    first, _, empty = metrics.per_class(HAND)
    assert (first.precision, first.recall, first.support) == (0.6, 0.75, 4)
    assert first.f1 == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert (empty.recall, empty.f1, empty.support) == (None, None, 0)


def test_as_scikit_learn_counts() -> None:
    truth, predicted = some_predictions()
    counts = metrics.confusion_matrix(truth, predicted, 4)
    assert (counts == sk.confusion_matrix(truth, predicted)).all()
    assert metrics.balanced_accuracy(counts) == pytest.approx(
        sk.balanced_accuracy_score(truth, predicted)
    )
    ours = metrics.per_class(counts)
    for name, theirs in zip(
        ("precision", "recall", "f1", "support"),
        sk.precision_recall_fscore_support(truth, predicted),
        strict=True,
    ):
        assert [getattr(f, name) for f in ours] == pytest.approx(theirs)
    for weighted, average in ((False, "macro"), (True, "weighted")):
        mean = metrics.mean_figures(ours, weighted=weighted)
        theirs = sk.precision_recall_fscore_support(truth, predicted, average=average)
        assert (mean.precision, mean.recall, mean.f1) == pytest.approx(theirs[:3])


def test_intervals_hold_the_truth_and_groups_widen_them() -> None:
    random = np.random.default_rng(0)
    grouped, alone, groups, frames, truth = [], [], 60, 10, 0.7
    for seed in range(120):
        good = random.random(groups) < truth  # a recording is understood as a whole, or not
        right = np.repeat(good, frames)
        zeros = np.zeros(len(right), int)
        for found, group in (
            (grouped, np.repeat(np.arange(groups), frames)),
            (alone, np.arange(len(right))),
        ):
            samples = metrics.bootstrap(zeros, right, group, seed=seed, resamples=300)
            found.append(metrics.interval(samples.accuracy))
    held = np.mean([low <= truth <= high for low, high in grouped])
    assert held > 0.88
    assert np.mean([low <= truth <= high for low, high in alone]) < held - 0.2
    assert np.mean(np.diff(grouped)) > 2 * np.mean(np.diff(alone))


def test_the_same_seed_gives_the_same_interval() -> None:
    truth, predicted = some_predictions()
    one, same, other = (
        metrics.bootstrap(truth, truth == predicted, np.arange(400), seed=seed)
        for seed in (1, 1, 2)
    )
    assert (one.balanced == same.balanced).all()
    assert (one.balanced != other.balanced).any()
    assert len(one.accuracy) == metrics.RESAMPLES


def test_curve_as_scikit_learn_draws_it() -> None:
    random = np.random.default_rng(2)
    wanted = random.random(300) < 0.3
    score = np.round(random.normal(wanted * 1.0, 1.0), 1)  # with ties
    ours = curve(score, wanted)
    far, recall, _ = sk.roc_curve(wanted, score, drop_intermediate=False)
    assert ours.far == pytest.approx(far)
    assert ours.recall == pytest.approx(recall)
    assert ours.auc == pytest.approx(sk.roc_auc_score(wanted, score))
    assert np.interp(ours.eer, ours.far, 1 - ours.recall) == pytest.approx(ours.eer, abs=1e-9)


def test_curve_of_the_best_and_of_the_worst() -> None:
    wanted = np.array([True, True, False, False])
    best, worst = curve(np.array([4.0, 3, 2, 1]), wanted), curve(np.array([1.0, 2, 3, 4]), wanted)
    assert (best.auc, best.eer, worst.auc, worst.eer) == (1, 0, 0, 1)


def test_recall_counts_only_right_names_and_no_more_others_than_allowed() -> None:
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.85, 0.5])
    wanted = np.array([True, True, True, True, False, False])
    named = np.array([True, False, True, True, False, False])
    assert recall_at(score, wanted, named, 0.01) == 0.25
    assert recall_at(score, wanted, named, 0.5) == 0.75


def test_clopper_pearson_as_in_tables() -> None:
    assert clopper_pearson(0, 100) == pytest.approx((0, 0.0362), abs=1e-4)
    assert clopper_pearson(1, 100) == pytest.approx((0.00025, 0.0545), abs=1e-4)
    assert clopper_pearson(10, 10) == pytest.approx((0.6915, 1), abs=1e-4)


def test_calibration_of_probabilities_that_are_too_sure() -> None:
    n = 1000
    prob = np.tile([0.9, 0.1], (n, 1))
    truth = (np.arange(n) % 10 >= 6).astype(int)  # right in 60 of 100
    found = calibration(prob, truth)
    assert found.ece == pytest.approx(0.3)
    assert found.nll == pytest.approx(-(0.6 * np.log(0.9) + 0.4 * np.log(0.1)))
    assert found.brier == pytest.approx(0.6 * 0.02 + 0.4 * 1.62)
    full = [b for b in found.bins if b.pictures]
    assert [(b.pictures, b.confidence, b.accuracy) for b in full] == [
        (n, pytest.approx(0.9), pytest.approx(0.6))
    ]


def test_temperature_can_be_taken_away_again() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(0, 3, (50, 4))

    def softmax(x: np.ndarray) -> np.ndarray:
        return np.exp(x) / np.exp(x).sum(1, keepdims=True)

    assert without_temperature(softmax(logits / 1.7), 1.7) == pytest.approx(softmax(logits))
    assert np.isfinite(without_temperature(np.array([[1.0, 0.0]]), 2.0)).all()
