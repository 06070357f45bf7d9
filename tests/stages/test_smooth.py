"""The delay line: what is filled, what is believed, what is decided."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.stages.decide import ExpressionSmoother, IdentityDecider, IdentityThresholds
from vidfx.stages.smooth import Belief, Sighting, Timeline
from vidfx.types import Frame, FrameResult, Quality

RATE = 25
LABELS = ("angry", "happy", "neutral", "sad")
GOOD = Quality(1.0, 1.0, 1.0)


def frame(index: int) -> Frame:
    return Frame(index, index * 512, np.zeros((0, 0, 3), np.uint8))


def sighting(index: int, x: float = 0.0, score: float = 0.6, **more: object) -> Sighting:
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
    return Sighting(**(content | more))  # pyright: ignore[reportArgumentType]


def settle(
    seen: dict[int, dict[int, Sighting]], frames: int, *, look_ahead: int = 12, **judges: object
) -> list[FrameResult]:
    timeline = Timeline(
        look_ahead=look_ahead,
        max_gap_s=1.0,
        belief=Belief(),
        **({"emotion": None, "identity": None} | judges),  # pyright: ignore[reportArgumentType]
    )
    results: list[FrameResult] = []
    for i in range(frames):
        results += timeline.push(frame(i), i / RATE, seen.get(i, {}), looked=i in seen, cut=False)
        assert len(results) == max(0, i + 1 - look_ahead)
    return results + timeline.flush()


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
    results = settle(seen, 60, look_ahead=50)
    assert [r.frame.index for r in results if r.faces] == [5, 6, 7, 50, 51, 52]


def test_a_face_seen_too_rarely_is_not_believed() -> None:
    seen = {10: {1: sighting(10)}, 11: {1: sighting(11)}, 20: {2: sighting(20, score=0.9)}}
    results = settle(seen, 30)
    assert [(r.frame.index, r.faces[0].track_id) for r in results if r.faces] == [(20, 2)]


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
