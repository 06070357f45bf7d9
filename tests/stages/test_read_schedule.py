"""Faces are read at once, then some times a second, and more often where readings are torn."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.stages.read_schedule import EXPRESSION, IDENTITY, ReadRate, ReadSchedule

SURE, TORN = np.array([0.9, 0.05, 0.05]), np.array([0.45, 0.4, 0.15])


def readings(pace: ReadRate, prob: np.ndarray, seconds: int, begin: int = 0) -> list[float]:
    """Of frames from ``begin`` on to the end, 30 a second."""
    budget = ReadSchedule(pace)
    due = []
    for time_s in [i / 30 for i in range(begin, seconds * 30)]:
        if budget.take(7, time_s):
            budget.said(7, prob)
            due.append(time_s)
    return due


def test_a_new_track_is_read_at_once_and_then_some_times_a_second() -> None:
    due = readings(EXPRESSION, SURE, 3)
    assert due[: EXPRESSION.first] == [0, 1 / 30, 2 / 30]
    assert 4 <= (len(due) - EXPRESSION.first) / 3 <= 6


def test_who_somebody_is_is_read_less_often() -> None:
    due = readings(IDENTITY, SURE, 10)
    assert due[: IDENTITY.first] == [i / 30 for i in range(IDENTITY.first)]
    assert len(due) - IDENTITY.first == 10
    assert len(readings(IDENTITY, TORN, 10)) > 3 * len(due)


def test_torn_readings_are_repeated_sooner() -> None:
    sure, torn = (readings(EXPRESSION, prob, 3) for prob in (SURE, TORN))
    assert len(torn) > 1.6 * len(sure)


@pytest.mark.parametrize("pace", [EXPRESSION, IDENTITY])
@pytest.mark.parametrize("prob", [SURE, TORN])
def test_it_is_the_same_looks_wherever_the_work_began(pace: ReadRate, prob: np.ndarray) -> None:
    whole = readings(pace, prob, 20)
    for begin in (30, 147, 223):
        warm = begin / 30 + 3
        later = readings(pace, prob, 20, begin)
        assert [t for t in later if t > warm] == [t for t in whole if t > warm]


def test_tracks_have_budgets_of_their_own() -> None:
    budget = ReadSchedule(EXPRESSION)
    assert all(budget.take(1, i / 30) for i in range(EXPRESSION.first))
    assert not budget.take(1, EXPRESSION.first / 30)
    assert budget.take(2, EXPRESSION.first / 30)
