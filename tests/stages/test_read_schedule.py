"""Faces are read at once, then some times a second, and more often where readings are undecided."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.stages.read_schedule import (
    EVERY_DETECTION,
    EXPRESSION,
    IDENTITY,
    ReadRate,
    ReadSchedule,
)

SURE, UNDECIDED = np.array([0.9, 0.05, 0.05]), np.array([0.45, 0.4, 0.15])


def readings(rate: ReadRate, prob: np.ndarray, seconds: int, begin: int = 0) -> list[float]:
    """Of frames from ``begin`` on to the end, 30 a second."""
    schedule = ReadSchedule(rate)
    due: list[float] = []
    for time_s in [i / 30 for i in range(begin, seconds * 30)]:
        if schedule.start_if_due(7, time_s):
            schedule.add_result(7, prob)
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
    assert len(readings(IDENTITY, UNDECIDED, 10)) > 3 * len(due)


@pytest.mark.parametrize("prob", [SURE, UNDECIDED])
def test_every_detection_can_be_read(prob: np.ndarray) -> None:
    assert readings(EVERY_DETECTION, prob, 3) == [i / 30 for i in range(90)]


def test_undecided_readings_are_repeated_sooner() -> None:
    sure, undecided = (readings(EXPRESSION, prob, 3) for prob in (SURE, UNDECIDED))
    assert len(undecided) > 1.6 * len(sure)


@pytest.mark.parametrize("rate", [EXPRESSION, IDENTITY])
@pytest.mark.parametrize("prob", [SURE, UNDECIDED])
def test_the_same_faces_are_read_wherever_the_work_begins(rate: ReadRate, prob: np.ndarray) -> None:
    whole = readings(rate, prob, 20)
    for begin in (30, 147, 223):
        warm = begin / 30 + 3
        later = readings(rate, prob, 20, begin)
        assert [t for t in later if t > warm] == [t for t in whole if t > warm]


def test_tracks_have_schedules_of_their_own() -> None:
    schedule = ReadSchedule(EXPRESSION)
    assert all(schedule.start_if_due(1, i / 30) for i in range(EXPRESSION.first))
    assert not schedule.start_if_due(1, EXPRESSION.first / 30)
    assert schedule.start_if_due(2, EXPRESSION.first / 30)
