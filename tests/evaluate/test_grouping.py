"""Groups and rows against the people whom they show."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pair_confusion_matrix

from vidfx.evaluate.grouping import b_cubed, over_time, pairwise

TRUTH = np.array([0, 0, 0, 1, 1, 2])


def test_equal_groups_are_perfect():
    for figures in (pairwise(TRUTH, TRUTH + 7, seed=0), b_cubed(TRUTH, TRUTH + 7, seed=0)):
        assert figures.f1.value == figures.precision.value == figures.recall.value == 1
        assert figures.f1.interval == (1, 1)


def test_b_cubed_of_a_small_example_by_hand():
    figures = b_cubed(TRUTH, np.array([0, 0, 1, 1, 1, 2]), seed=0)
    assert figures.precision.value == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1) / 6)
    assert figures.recall.value == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)


def test_pairs_are_counted_as_scikit_learn_does():
    rng = np.random.default_rng(0)
    truth, group = rng.integers(0, 9, 300), rng.integers(0, 7, 300)
    (_, wrong), (missed, right) = pair_confusion_matrix(truth, group)
    figures = pairwise(truth, group, seed=0)
    assert figures.precision.value == pytest.approx(right / (right + wrong))
    assert figures.recall.value == pytest.approx(right / (right + missed))
    low, high = figures.f1.interval
    assert low < figures.f1.value < high


def test_what_is_in_no_group_is_alone():
    alone = b_cubed(TRUTH, np.full(6, -1), seed=0)
    assert alone.precision.value == 1
    assert alone.recall.value == pytest.approx((3 / 3 + 2 / 2 + 1) / 6)


def rows(*spans: tuple[int, int, int, int]) -> tuple[np.ndarray, ...]:
    """(video, rows, person, number) each."""
    parts = [np.tile([v, t, p], (n, 1)) for v, n, p, t in spans]
    video, number, truth = np.concatenate(parts).T
    return video, np.arange(len(video)) / 25, truth, number


def test_idf1_and_switches_by_hand():
    # person 0 is number 1 for 6 rows, then 2 for 4; person 1 is number 3 for 5, then not found
    figures = over_time(*rows((0, 6, 0, 1), (0, 4, 0, 2), (0, 5, 1, 3), (0, 5, 1, -1)), seed=0)
    assert figures.idf1.value == pytest.approx(2 * 11 / (20 + 15))
    assert (figures.switches, figures.rows) == (1, 20)


def test_a_number_that_stands_for_two_people_is_right_for_one_of_them():
    figures = over_time(*rows((0, 6, 0, 1), (0, 4, 1, 1)), seed=0)
    assert figures.idf1.value == pytest.approx(2 * 6 / 20)


def test_the_rows_of_strangers_count_against_the_number_that_they_got():
    figures = over_time(*rows((0, 6, 0, 1), (1, 4, -1, 1)), seed=0)
    assert figures.idf1.value == pytest.approx(2 * 6 / (6 + 10))


def test_a_switch_is_within_one_video():
    assert over_time(*rows((0, 5, 0, 1), (1, 5, 0, 2)), seed=0).switches == 0
