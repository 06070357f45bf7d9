"""Which frames are detected on, and which of them by the second detector."""

from __future__ import annotations

from vidfx.stages.detection_schedule import CHECK_S, DetectionSchedule


def checks(
    schedule: DetectionSchedule, frames: range, rate: int, cuts: tuple[int, ...] = ()
) -> list[int]:
    turns = {
        i: schedule.turn(
            i, i / rate, starts_shot=i in cuts, at_shot_edge=i in cuts or i + 1 in cuts
        )
        for i in frames
    }
    return [i for i, turn in turns.items() if turn == "check"]


def test_a_check_comes_first_then_in_every_span_and_at_cuts() -> None:
    assert CHECK_S == 2.5
    schedule = DetectionSchedule(0, 512, checks=True)
    assert checks(schedule, range(300), 30, (100,)) == [0, 78, 100, 150, 228]


def test_a_check_is_always_a_frame_that_is_detected_on() -> None:
    schedule = DetectionSchedule(7, 512, checks=True)
    found = checks(schedule, range(300), 30)
    assert len(found) == 300 // 75 and not any(i % 7 for i in found)


def test_checks_are_the_same_wherever_reading_begins() -> None:
    whole = checks(DetectionSchedule(0, 512, checks=True), range(900), 30)
    later = checks(DetectionSchedule(0, 512, checks=True), range(333, 900), 30)
    assert later[1:] == [i for i in whole if i > 340]


def test_one_detector_has_no_checks() -> None:
    schedule = DetectionSchedule(0, 512)
    schedule.check_next()
    assert checks(schedule, range(200), 30, (50,)) == []


def test_a_check_that_is_asked_for_is_the_next_detection() -> None:
    schedule = DetectionSchedule(0, 512, checks=True)
    assert checks(schedule, range(8), 30) == [0]
    schedule.check_next()
    assert checks(schedule, range(8, 40), 30) == [12]
