"""Tracks: one number per face, for as long as it is followed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.stages.tracking.track import Tracker, affinity


def boxes(*rows: tuple[float, float, float]) -> np.ndarray:
    """Boxes from (centre x, centre y, side)."""
    return np.array([[x - s / 2, y - s / 2, x + s / 2, y + s / 2] for x, y, s in rows], np.float32)


def sure(n: int, score: float = 0.9) -> np.ndarray:
    return np.full(n, score, np.float32)


def test_ids_are_stable_under_motion_and_order() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(50):
        found = boxes((100 + 4 * i, 100, 60), (500 - 4 * i, 300, 60))
        order = [0, 1] if i % 2 == 0 else [1, 0]
        numbers = tracker.update(i / 25, found[order], sure(2))
        assert numbers[order].tolist() == [1, 2]


def test_crossing_faces_keep_their_numbers() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(40):
        found = boxes((100 + 10 * i, 100, 60), (500 - 10 * i, 130, 60))
        numbers = tracker.update(i / 25, found, sure(2)).tolist()
        assert numbers == [1, 2]


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    tracker = Tracker(threshold=0.5, max_gap_s=1.0)
    here = boxes((100, 100, 60))
    assert tracker.update(0.0, here, sure(1)).tolist() == [1]
    assert tracker.update(0.9, here, sure(1)).tolist() == [1]
    for i in range(1, 11):
        tracker.update(0.9 + i / 10, here[:0], sure(0))
    assert tracker.update(2.0, here, sure(1)).tolist() == [2]


def test_a_pause_without_detection_is_not_a_gap() -> None:
    tracker = Tracker(threshold=0.5, max_gap_s=1.0)
    here = boxes((100, 100, 60))
    assert tracker.update(0.0, here, sure(1)).tolist() == [1]
    assert tracker.update(7.0, here, sure(1)).tolist() == [1]
    tracker.update(7.04, here[:0], sure(0))
    assert tracker.update(14.0, here, sure(1)).tolist() == [2]


def test_of_rare_detections_one_may_miss_a_face_and_two_may_not() -> None:
    tracker = Tracker(threshold=0.5)
    here = boxes((100, 100, 60))
    seen = (1, 1, 0, 1, 0, 0, 1)
    numbers = [tracker.update(4.0 * i, here[:n], sure(n)).tolist() for i, n in enumerate(seen)]
    assert numbers == [[1], [1], [], [1], [], [], [2]]


def test_two_frames_in_one_millisecond_do_not_throw_a_track_away() -> None:
    tracker = Tracker(threshold=0.5)
    times = (0.0, 0.04, 0.041, 0.08, 0.12, 0.121, 0.36)
    for i, time_s in enumerate(times):
        found = boxes((100 + 3 * (-1) ** i, 100, 60))
        assert tracker.update(time_s, found, sure(1)).tolist() == [1]


def test_a_cut_ends_tracks() -> None:
    tracker = Tracker(threshold=0.5)
    here = boxes((100, 100, 60))
    tracker.update(0.0, here, sure(1))
    tracker.cut()
    assert tracker.update(0.04, here, sure(1)).tolist() == [2]


def test_a_weak_detection_continues_a_track_but_begins_none() -> None:
    tracker = Tracker(threshold=0.5)
    here, elsewhere = (100, 100, 60), (400, 100, 60)
    tracker.update(0.0, boxes(here), sure(1))
    scores = np.array([0.3, 0.3], np.float32)
    assert tracker.update(0.04, boxes(here, elsewhere), scores).tolist() == [1, -1]


HERE, NOTHING = boxes((100, 100, 60)), boxes((100, 100, 60))[:0]


def test_a_track_that_no_check_has_found_asks_for_one_check() -> None:
    tracker = Tracker(threshold=0.5)
    tracker.update(0.0, HERE, sure(1), check=False)
    assert tracker.wants_check()
    tracker.update(0.2, NOTHING, sure(0), check=True)
    assert not tracker.wants_check()
    tracker.update(0.4, HERE, sure(1), check=False)
    assert not tracker.wants_check()
    tracker.update(0.6, HERE, sure(1), check=True)
    tracker.update(0.8, NOTHING, sure(0), check=False)
    assert tracker.wants_check()


def test_a_verified_track_asks_when_it_is_lost_until_a_check_misses_it() -> None:
    tracker = Tracker(threshold=0.5)
    tracker.update(0.0, HERE, sure(1), check=True)
    assert not tracker.wants_check()
    for i in range(1, 6):
        tracker.update(0.4 * i - 0.2, NOTHING, sure(0), check=False)
        assert tracker.wants_check()
        assert tracker.update(0.4 * i, HERE, sure(1), check=True).tolist() == [1]
        assert not tracker.wants_check()
    tracker.update(2.2, NOTHING, sure(0), check=False)
    tracker.update(2.4, NOTHING, sure(0), check=True)
    tracker.update(2.6, NOTHING, sure(0), check=False)
    assert not tracker.wants_check()


def test_a_track_with_poor_scores_asks_until_it_is_confirmed_or_has_enough() -> None:
    rule = Confirmation(0.75, (2, 0.65), (5, 0.5))
    for score, checks in ((0.9, 0), (0.7, 1), (0.55, 4)):
        tracker, asked = Tracker(threshold=0.5, confirmation=rule), 0
        for i in range(10):
            check = i == 0 or tracker.wants_check()
            asked += check and i > 0
            found = np.array([score if check else 0.2], np.float32)
            assert tracker.update(i / 5, HERE, found, check=check).tolist() == [1]
        assert asked == checks


def test_a_track_that_checks_find_below_the_threshold_asks_no_more() -> None:
    tracker = Tracker(threshold=0.5, confirmation=Confirmation(0.75, (2, 0.65), (5, 0.5)))
    tracker.update(0.0, HERE, sure(1, 0.55), check=True)
    assert tracker.wants_check()
    tracker.update(0.2, HERE, sure(1, 0.4), check=True)
    assert not tracker.wants_check()


def test_affinity_is_the_overlap_and_survives_a_jump() -> None:
    assert affinity(boxes((100, 100, 60)), boxes((100, 100, 60)))[0, 0] == 1
    assert affinity(boxes((100, 100, 60)), boxes((165, 100, 60)))[0, 0] == 0
    assert 0 < affinity(boxes((100, 100, 40)), boxes((150, 100, 60)))[0, 0] < 0.3


@given(
    st.lists(
        st.lists(
            st.tuples(st.floats(0, 800), st.floats(0, 600), st.floats(1, 300), st.floats(0.1, 1)),
            max_size=6,
        ),
        max_size=12,
    )
)
def test_a_track_is_once_in_a_frame_and_never_in_another_shot(
    frames: list[list[tuple[float, float, float, float]]],
) -> None:
    tracker = Tracker(threshold=0.5)
    ended: set[int] = set()
    shot: set[int] = set()
    for i, rows in enumerate(frames):
        if i % 4 == 3:
            tracker.cut()
            ended, shot = ended | shot, set()
        found = boxes(*[r[:3] for r in rows]).reshape(-1, 4)
        score = np.array([r[3] for r in rows], np.float32)
        numbers = [n for n in tracker.update(i / 25, found, score).tolist() if n >= 0]
        assert len(numbers) == len(set(numbers))
        assert not ended & set(numbers)
        shot |= set(numbers)
