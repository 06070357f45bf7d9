"""The look-ahead buffer: what is interpolated, confirmed and decided."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vidfx.stages.look_ahead import Confirmation, FaceObservation, LookAheadBuffer
from vidfx.stages.smooth import (
    DEFAULT_THRESHOLDS,
    ExpressionSmoother,
    IdentityDecider,
    IdentityThresholds,
)
from vidfx.types import Frame, FrameResult, Quality

RATE = 25
LABELS = ("angry", "happy", "neutral", "sad")
GOOD = Quality(1.0, 1.0, 1.0)


def frame(index: int) -> Frame:
    return Frame(index, index * 512, np.zeros((0, 0, 3), np.uint8))


def sighting(index: int, x: float = 0.0, score: float = 0.7, **more: object) -> FaceObservation:
    content = {
        "index": index,
        "time_s": index / RATE,
        "box": np.array([x, 0, x + 40, 40], np.float32),
        "score": score,
        "landmarks": np.zeros((5, 2), np.float32) + np.float32(x),
        "source": "detected",
        "quality": GOOD,
        "identity": None,
        "emotion": None,
    }
    return FaceObservation(**(content | more))  # pyright: ignore[reportArgumentType]


def settle(
    seen: dict[int, dict[int, FaceObservation]],
    frames: int,
    *,
    max_waiting: int = 12,
    times: Callable[[int], float] = lambda i: i / RATE,
    every: int = 1,
    **judges: object,
) -> list[FrameResult]:
    buffer = LookAheadBuffer(
        max_waiting=max_waiting,
        confirmation=Confirmation(),
        **({"emotion": None, "identity": None} | judges),  # pyright: ignore[reportArgumentType]
    )
    results: list[FrameResult] = []
    for i in range(frames):
        looked = i % every == 0 or i in seen
        results += buffer.push(frame(i), times(i), seen.get(i, {}), analysed=looked, cut=False)
        assert len(results) >= i + 1 - max_waiting
    return results + buffer.flush()


def test_every_frame_comes_out_once_in_order() -> None:
    results = settle({i: {1: sighting(i)} for i in range(40)}, 40)
    assert [r.frame.index for r in results] == list(range(40))
    assert all(len(r.faces) == 1 for r in results)


def test_gaps_are_filled_from_both_sides() -> None:
    results = settle({i: {1: sighting(i, x=10.0 * i)} for i in (0, 4, 8, 12)}, 13)
    for i, result in enumerate(results):
        (face,) = result.faces
        assert face.box[0] == pytest.approx(10 * i)
        assert face.landmarks[0, 0] == pytest.approx(10 * i)
        assert face.source == ("detected" if i % 4 == 0 else "interpolated")
        assert (face.score is None) == (i % 4 != 0)
        assert (face.quality is None) == (i % 4 != 0)


def test_nothing_is_invented_before_after_or_over_long_gaps() -> None:
    seen = {i: {1: sighting(i)} for i in (5, 6, 7, 50, 51, 52)}
    results = settle(seen, 60, max_waiting=30)
    assert [r.frame.index for r in results if r.faces] == [5, 6, 7, 50, 51, 52]


@pytest.mark.parametrize("most", [12, 13, 14, 15, 30])
def test_a_gap_is_filled_whole_or_not_at_all(most: int) -> None:
    seen = {i: {1: sighting(i)} for i in (0, 1, 2, 17, 18, 19, 34, 35)}
    results = settle(seen, 40, max_waiting=most, every=100)
    shown = [r.frame.index for r in results if r.faces]
    assert shown == (list(range(36)) if most >= 14 else [0, 1, 2, 17, 18, 19, 34, 35])


@pytest.mark.parametrize(("rate", "waiting"), [(5, 2), (25, 13), (50, 25), (1000, 200)])
def test_frames_wait_by_time_and_not_more_than_may(rate: int, waiting: int) -> None:
    """Half a second, and two looks of the five a second."""
    buffer = LookAheadBuffer(
        max_waiting=200, confirmation=Confirmation(), emotion=None, identity=None
    )
    every, counts, results = max(1, rate // 5), [0], 0
    for i in range(3 * rate):
        results += len(buffer.push(frame(i), i / rate, {}, analysed=i % every == 0, cut=False))
        counts.append(i + 1 - results)
    assert waiting <= max(counts) <= waiting + 1  # of two times whose difference is rounded


def test_a_face_that_one_of_rare_detections_misses_is_interpolated() -> None:
    """A frame every ten seconds: one missed is a short gap, and the track stays confirmed."""
    seen = {i: {1: sighting(i, score=0.9, time_s=10.0 * i)} for i in (0, 1, 3, 4)}
    results = settle(seen, 6, times=lambda i: 10.0 * i)
    shown = [[(f.track_id, f.source) for f in r.faces] for r in results]
    found = [(1, "detected")]
    assert shown == [found, found, [(1, "interpolated")], found, found, []]


def test_a_face_seen_too_rarely_is_not_confirmed() -> None:
    seen = {10: {1: sighting(10)}, 11: {1: sighting(11)}, 20: {2: sighting(20, score=0.9)}}
    results = settle(seen, 30)
    assert [(r.frame.index, r.faces[0].track_id) for r in results if r.faces] == [(20, 2)]


def shown_of(
    scores: list[float], *, shot: int | None = None, frames: int = 200, threshold: float = 0.5
) -> list[int]:
    """Frames with a row for a track of these scores; a cut comes after ``shot`` frames."""
    buffer = LookAheadBuffer(
        max_waiting=12,
        confirmation=Confirmation.above(threshold),
        emotion=None,
        identity=None,
    )
    results: list[FrameResult] = []
    for i in range(frames):
        source = "detected" if i < len(scores) and scores[i] >= threshold else "tracked"
        seen = {1: sighting(i, score=scores[i], source=source)} if i < len(scores) else {}
        results += buffer.push(frame(i), i / RATE, seen, analysed=True, cut=i == shot)
    return [r.frame.index for r in [*results, *buffer.flush()] if r.faces]


def test_a_face_once_confirmed_stays_confirmed() -> None:
    scores = [0.7] * 30 + [0.3] * 90 + [0.7] * 30
    assert shown_of(scores) == list(range(150))


def test_the_backs_of_heads_are_not_confirmed() -> None:
    assert shown_of([0.64, 0.55, 0.6, 0.6, 0.66, 0.67, 0.6] + [0.35] * 57 + [0.6] * 22) == []
    assert shown_of([0.61, 0.49, 0.4, 0.36, 0.34, 0.33]) == []


def test_a_poor_face_is_confirmed_when_it_stays() -> None:
    shown = shown_of([0.55] * 60)
    assert shown == list(range(12, 60))  # from where the 25th sighting can be seen ahead


@pytest.mark.parametrize("looked", [1, 2, 5])
def test_a_short_shot_needs_no_more_observations_than_it_has_frames(looked: int) -> None:
    assert shown_of([0.55] * looked, shot=looked) == list(range(looked))
    assert shown_of([0.55] * looked, frames=looked) == list(range(looked))
    assert shown_of([0.55] * looked, frames=40) == []


def test_a_lower_threshold_asks_for_less() -> None:
    assert shown_of([0.48] * 5, threshold=0.3) == list(range(5))
    assert shown_of([0.48] * 5, threshold=0.4) == []


def test_a_gap_is_not_half_filled_by_belief() -> None:
    """The track is believed while the gap settles, and begins where it is seen next."""
    seen = {0: {1: sighting(0, score=0.5)}, 8: {1: sighting(8, score=0.5)}}
    seen |= {i: {1: sighting(i, score=0.9)} for i in (16, 17)}
    shown = [r.frame.index for r in settle(seen, 30) if r.faces]
    assert shown == list(range(8, 18))


def one_hot(label: int, prob: float = 0.85) -> np.ndarray:
    out = np.full(4, (1 - prob) / 3, np.float32)
    out[label] = prob
    return out


def test_expression_does_not_flicker_and_raw_is_kept() -> None:
    labels = [1] * 20 + [3] + [1] * 20 + [2] * 30
    seen = {i: {1: sighting(i, emotion=one_hot(k))} for i, k in enumerate(labels)}
    results = settle(seen, len(labels), emotion=lambda: ExpressionSmoother(LABELS))
    shown = [r.faces[0].emotion.label for r in results]  # pyright: ignore[reportOptionalMemberAccess]
    raw = [r.faces[0].raw_emotion.label for r in results]  # pyright: ignore[reportOptionalMemberAccess]
    assert raw[20] == "sad" and shown[20] == "happy"
    changes = [i for i in range(1, len(shown)) if shown[i] != shown[i - 1]]
    assert len(changes) == 1 and abs(changes[0] - 41) <= 4
    for result in results:
        assert sum(result.faces[0].emotion.probs) == pytest.approx(1)  # pyright: ignore[reportOptionalMemberAccess]


def labels_shown(probs: list[float], **options: float) -> list[str | None]:
    """Of one moment after another, where happy has these probabilities."""
    smoother = ExpressionSmoother(LABELS, **options)
    readings = [smoother(10.0 * i, [(10.0 * i, 1.0, one_hot(1, p))]) for i, p in enumerate(probs)]
    assert all(r and r.prob == pytest.approx(p) for r, p in zip(readings, probs, strict=True))
    return [r.label for r in readings if r]


def test_an_expression_that_is_not_likely_enough_is_none() -> None:
    probs = [0.49, 0.51, 0.49, 0.46, 0.44, 0.46, 0.49, 0.51]
    happy, none = "happy", None
    assert labels_shown(probs) == [happy] * 8
    shown = labels_shown(probs, min_prob=0.5)
    assert shown == [none, happy, happy, happy, none, none, none, happy]


def test_the_label_after_one_that_ends_is_shown_at_once() -> None:
    """Happy ends 0.06 below the threshold; sad reaches it, and is not ``margin`` ahead."""
    smoother = ExpressionSmoother(LABELS, min_prob=0.5)
    shown: list[str | None] = []
    for at, happy, sad in ((0, 0.6, 0.4), (10, 0.46, 0.53), (20, 0.44, 0.51), (30, 0.44, 0.44)):
        prob = np.array([0.0, happy, 1 - happy - sad, sad])
        reading = smoother(at, [(at, 1.0, prob)])
        assert reading is not None
        shown.append(reading.label)
    assert shown == ["happy", "happy", "sad", None]


def test_a_track_keeps_its_probabilities_where_no_expression_is_chosen() -> None:
    seen = {i: {1: sighting(i, emotion=one_hot(1, 0.4))} for i in range(20)}
    results = settle(seen, 20, emotion=lambda: ExpressionSmoother(LABELS, min_prob=0.5))
    for face in (result.faces[0] for result in results):
        assert face.emotion and face.raw_emotion
        assert face.emotion.label is None and face.raw_emotion.label == "happy"
        assert face.emotion.prob == max(face.emotion.probs) == pytest.approx(0.4)


def test_a_bad_picture_weighs_little() -> None:
    bad = Quality(0.2, 0.1, 0.5)
    smoother = ExpressionSmoother(LABELS)
    around = [(0.0, 1.0, one_hot(1)), (0.04, bad.value, one_hot(0, 0.99))]
    reading = smoother(0.04, around)
    assert reading is not None and reading.label == "happy"


@pytest.mark.parametrize(
    ("prob", "expected"),
    [(0.97, "Ana"), (0.6, "unknown"), (0.1, "other")],
)
def test_identity_has_an_unknown_band(prob: float, expected: str) -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds(0.8, 0.4))
    for _ in range(10):
        decider.add(1.0, np.array([1 - prob, prob]))
    reading = decider()
    assert reading is not None and reading.label == expected
    assert sum(reading.probs) == pytest.approx(1)


def test_nobody_is_named_by_little_evidence() -> None:
    decider = IdentityDecider(("other", "Ana"), DEFAULT_THRESHOLDS)
    labels: list[str | None] = []
    for quality in (0.001, 0.001, 0.001, 0.5):
        decider.add(quality, np.array([0.01, 0.99]))
        reading = decider()
        assert reading is not None
        labels.append(reading.label)
    assert labels == ["unknown", "unknown", "unknown", "Ana"]


def test_identity_is_decided_by_the_track_not_by_one_frame() -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds())
    for i in range(20):
        prob = 0.05 if i == 7 else 0.97
        decider.add(0.05 if i == 7 else 1.0, np.array([1 - prob, prob]))
    reading = decider()
    assert reading is not None and reading.label == "Ana"


def test_without_readings_nothing_is_decided() -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds())
    assert decider() is None
    assert ExpressionSmoother(LABELS)(0.0, []) is None
