"""Faces are read at once, then some times a second, and more often where readings are torn."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.stages.budget import FIRST, ReadingBudget, every_for

SURE, TORN = np.array([0.9, 0.05, 0.05]), np.array([0.45, 0.4, 0.15])


@pytest.mark.parametrize(
    ("rate", "every"), [(25, 5), (30000 / 1001, 6), (60, 12), (12, 2), (5, 1), (1, 1), (0.5, 1)]
)
def test_looks_are_five_a_second(rate: float, every: int) -> None:
    assert every_for(rate) == every


def readings(prob: np.ndarray, seconds: float, rate: float = 30) -> list[float]:
    budget = ReadingBudget()
    times = [i / rate for i in range(round(seconds * rate))]
    due = []
    for time_s in times:
        if budget.take(7, time_s):
            budget.said(7, prob, None)
            due.append(time_s)
    return due


def test_a_new_track_is_read_at_once_and_then_some_times_a_second() -> None:
    due = readings(SURE, 3)
    assert due[:FIRST] == [0, 1 / 30, 2 / 30]
    assert 4 <= (len(due) - FIRST) / 3 <= 6


def test_torn_readings_are_repeated_sooner() -> None:
    assert len(readings(TORN, 3)) > 1.6 * len(readings(SURE, 3))


def test_tracks_have_budgets_of_their_own() -> None:
    budget = ReadingBudget()
    assert all(budget.take(1, i / 30) for i in range(FIRST))
    assert not budget.take(1, FIRST / 30)
    assert budget.take(2, FIRST / 30)
