"""The look-ahead buffer: what is interpolated, confirmed and decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.settled_frames import SettledFrame, Sighting, frame_by_frame, observed
from vidfx.stages.certainty import NO_LABEL, NO_LIMITS, UNDECIDED, Certainty
from vidfx.stages.faces_of_tracks import ExpressionJudge
from vidfx.stages.look_ahead import LookAheadBuffer
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.smooth import (
    DEFAULT_THRESHOLDS,
    ExpressionReadings,
    ExpressionSmoother,
    IdentityDecider,
    IdentityThresholds,
)
from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.types import SQUARE, Frame

RATE = 25
LABELS = ("angry", "happy", "neutral", "sad")


def frame(
    index: int, time_s: float, *, analysed: bool, cut: bool = False, checked: bool = True
) -> ObservedFrame:
    return ObservedFrame(
        Frame(index, index * 512, np.zeros((0, 0, 3), np.uint8)), time_s, analysed, cut, checked
    )


def sighting(x: float = 0.0, score: float = 0.7, **more: object) -> Sighting:
    box, marks = np.array([x, 0, x + 40, 40]), np.zeros((5, 2)) + x
    return Sighting(box, marks, score, **more)  # pyright: ignore[reportArgumentType]


def settle(
    seen: Mapping[int, Mapping[int, Sighting]],
    frames: int,
    *,
    max_waiting: int = 12,
    times: Callable[[int], float] = lambda i: i / RATE,
    every: int = 1,
    cuts: Sequence[int] = (),
    checks: Sequence[int] | None = None,
    together: int = 1,
    confirmation: Confirmation = Confirmation(),  # noqa: B008 - it is frozen
    **judges: object,
) -> list[SettledFrame]:
    """The results of ``frames`` frames, ``together`` of which are pushed at a time."""
    buffer = LookAheadBuffer(
        max_waiting=max_waiting,
        confirmation=confirmation,
        **({"emotion": None, "identity": None} | judges),  # pyright: ignore[reportArgumentType]
    )
    results: list[SettledFrame] = []
    for first in range(0, frames, together):
        indices = range(first, min(first + together, frames))
        some = [
            frame(
                *(i, times(i)),
                analysed=i % every == 0 or i in seen,
                cut=i in cuts,
                checked=checks is None or i in checks,
            )
            for i in indices
        ]
        faces = [seen.get(i, {}) for i in indices]
        labels = {"emotions": 4 * ("emotion" in judges), "identities": 2 * ("identity" in judges)}
        results += frame_by_frame([buffer.push(observed(some, faces, **labels))])
        assert len(results) >= indices[-1] + 1 - max_waiting
    return results + frame_by_frame([buffer.flush()])


def test_every_frame_comes_out_once_in_order() -> None:
    results = settle({i: {1: sighting()} for i in range(40)}, 40)
    assert [r.frame.index for r in results] == list(range(40))
    assert all(len(r.faces) == 1 for r in results)


def test_gaps_are_filled_from_both_sides() -> None:
    results = settle({i: {1: sighting(x=10.0 * i)} for i in (0, 4, 8, 12)}, 13)
    for i, result in enumerate(results):
        (face,) = result.faces
        assert face.box[0] == pytest.approx(10 * i)
        assert face.landmarks[0, 0] == pytest.approx(10 * i)
        assert face.source == ("detected" if i % 4 == 0 else "interpolated")
        assert (face.score is None) == (i % 4 != 0)
        assert (face.quality is None) == (i % 4 != 0)


def test_nothing_is_invented_before_after_or_over_long_gaps() -> None:
    seen = {i: {1: sighting()} for i in (5, 6, 7, 50, 51, 52)}
    results = settle(seen, 60, max_waiting=30)
    assert [r.frame.index for r in results if r.faces] == [5, 6, 7, 50, 51, 52]


@pytest.mark.parametrize("most", [12, 13, 14, 15, 30])
def test_a_gap_is_filled_whole_or_not_at_all(most: int) -> None:
    seen = {i: {1: sighting()} for i in (0, 1, 2, 17, 18, 19, 34, 35)}
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
        some = observed([frame(i, i / rate, analysed=i % every == 0)], [{}])
        results += len(frame_by_frame([buffer.push(some)]))
        counts.append(i + 1 - results)
    assert waiting <= max(counts) <= waiting + 1  # of two times whose difference is rounded


def test_a_face_that_one_of_rare_detections_misses_is_interpolated() -> None:
    """A frame every ten seconds: one missed is a short gap, and the track stays confirmed."""
    seen = {i: {1: sighting(score=0.9)} for i in (0, 1, 3, 4)}
    results = settle(seen, 6, times=lambda i: 10.0 * i)
    shown = [[(f.track_id, f.source) for f in r.faces] for r in results]
    found = [(1, "detected")]
    assert shown == [found, found, [(1, "interpolated")], found, found, []]


def test_a_face_seen_too_rarely_is_not_confirmed() -> None:
    seen = {10: {1: sighting()}, 11: {1: sighting()}, 20: {2: sighting(score=0.9)}}
    results = settle(seen, 30)
    assert [(r.frame.index, r.faces[0].track_id) for r in results if r.faces] == [(20, 2)]


def shown_of(
    scores: list[float], *, shot: int | None = None, frames: int = 200, threshold: float = 0.5
) -> list[int]:
    """Frames with a row for a track of these scores; a cut comes after ``shot`` frames."""
    seen = {
        i: {1: sighting(score=score, weak=score < threshold)}
        for i, score in enumerate(scores[:frames])
    }
    results = settle(
        seen,
        frames,
        cuts=[] if shot is None else [shot],
        confirmation=Confirmation.above(threshold),
    )
    return [r.frame.index for r in results if r.faces]


def test_a_face_once_confirmed_stays_confirmed() -> None:
    scores = [0.7] * 30 + [0.3] * 90 + [0.7] * 30
    assert shown_of(scores) == list(range(150))


def test_the_backs_of_heads_are_not_confirmed() -> None:
    assert shown_of([0.64, 0.55, 0.6, 0.6, 0.66, 0.67, 0.6] + [0.35] * 57 + [0.6] * 22) == []
    assert shown_of([0.61, 0.49, 0.4, 0.36, 0.34, 0.33]) == []


def test_a_poor_face_is_confirmed_when_it_stays() -> None:
    shown = shown_of([0.55] * 60)
    assert shown == list(range(12, 60))  # from where the 25th sighting can be seen ahead


@pytest.mark.parametrize("score", [0.6, 0.95])
def test_what_no_check_has_found_is_no_face(score: float) -> None:
    seen = {i: {1: sighting(score=score)} for i in range(60) if i != 20}
    assert not any(r.faces for r in settle(seen, 60, checks=[20]))
    shown = [r.frame.index for r in settle(seen, 60, checks=[21]) if r.faces]
    assert shown[0] <= 21 and shown[-1] == 59


def test_weak_detections_between_checks_do_not_count_against_a_face() -> None:
    checks = (0, 15, 30)
    seen = {
        i: {1: sighting(score=0.7 if i in checks else 0.2, weak=i not in checks)} for i in range(60)
    }
    rule = Confirmation(0.75, (2, 0.65), (5, 0.5))
    shown = [r.frame.index for r in settle(seen, 60, checks=checks, confirmation=rule) if r.faces]
    assert shown == list(range(3, 60))  # the second check is known half a second ahead
    assert not any(r.faces for r in settle(seen, 60, confirmation=rule))


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
    seen = {0: {1: sighting(score=0.5)}, 8: {1: sighting(score=0.5)}}
    seen |= {i: {1: sighting(score=0.9)} for i in (16, 17)}
    shown = [r.frame.index for r in settle(seen, 30) if r.faces]
    assert shown == list(range(8, 18))


def judge(**limits: float) -> ExpressionJudge:
    return ExpressionJudge(ExpressionSmoother(LABELS), Certainty(**limits), SQUARE)


def one_hot(label: int, prob: float = 0.85) -> np.ndarray:
    out = np.full(4, (1 - prob) / 3, np.float32)
    out[label] = prob
    return out


def test_expression_does_not_flicker_and_raw_is_kept() -> None:
    labels = [1] * 20 + [3] + [1] * 20 + [2] * 30
    seen = {i: {1: sighting(emotion=one_hot(k))} for i, k in enumerate(labels)}
    results = settle(seen, len(labels), emotion=judge())
    shown = [r.faces[0].emotion.label for r in results]  # pyright: ignore[reportOptionalMemberAccess]
    raw = [r.faces[0].raw_emotion.label for r in results]  # pyright: ignore[reportOptionalMemberAccess]
    assert raw[20] == "sad" and shown[20] == "happy"
    changes = [i for i in range(1, len(shown)) if shown[i] != shown[i - 1]]
    assert len(changes) == 1 and abs(changes[0] - 41) <= 4
    for result in results:
        assert sum(result.faces[0].emotion.probs) == pytest.approx(1)  # pyright: ignore[reportOptionalMemberAccess]


def around(*readings: tuple[float, float, np.ndarray]) -> ExpressionReadings:
    """Of (time in s, quality, probabilities)."""
    time_s, quality, prob = zip(*readings, strict=True)
    return ExpressionReadings(np.array(time_s), np.array(quality), np.array(prob))


def labels_of(certainty: Certainty, probs: Sequence[Sequence[float]]) -> list[str | None]:
    """Of one moment after another with these probabilities, ten seconds apart."""
    decision, shown = UNDECIDED, list[str | None]()
    for i, line in enumerate(probs):
        decision = certainty.decide(decision, 10.0 * i, 80.0, 1.0, line)
        shown.append(None if decision.label == NO_LABEL else LABELS[decision.label])
    return shown


def labels_shown(probs: list[float], **options: float) -> list[str | None]:
    """Of one moment after another, where happy has these probabilities."""
    smoother = ExpressionSmoother(LABELS)
    read = around(*((10.0 * i, 1.0, one_hot(1, p)) for i, p in enumerate(probs)))
    rows = np.arange(len(probs))
    smooth = smoother.average(read.time_s, read, rows, rows + 1)
    assert smooth[:, 1] == pytest.approx(probs)
    return labels_of(Certainty(**options), smooth.tolist())


def test_an_expression_that_is_not_likely_enough_is_none() -> None:
    probs = [0.49, 0.51, 0.49, 0.46, 0.44, 0.46, 0.49, 0.51]
    happy, none = "happy", None
    assert labels_shown(probs) == [happy] * 8
    shown = labels_shown(probs, min_prob=0.5)
    assert shown == [none, happy, happy, happy, none, none, none, happy]


def test_the_label_after_one_that_ends_is_shown_at_once() -> None:
    """Happy ends 0.06 below the threshold; sad reaches it, and does not lead by enough."""
    probs = [
        [0.0, happy, 1 - happy - sad, sad]
        for happy, sad in ((0.6, 0.4), (0.46, 0.53), (0.44, 0.51), (0.44, 0.44))
    ]
    assert labels_of(Certainty(min_prob=0.5), probs) == ["happy", "happy", "sad", None]


def test_a_track_keeps_its_probabilities_where_no_expression_is_chosen() -> None:
    seen = {i: {1: sighting(emotion=one_hot(1, 0.4))} for i in range(20)}
    results = settle(seen, 20, emotion=judge(min_prob=0.5))
    for face in (result.faces[0] for result in results):
        assert face.emotion and face.raw_emotion
        assert face.emotion.label is None and face.raw_emotion.label == "happy"
        assert face.emotion.prob == max(face.emotion.probs) == pytest.approx(0.4)


def test_a_bad_picture_weighs_little() -> None:
    readings = around((0.0, 1.0, one_hot(1)), (0.04, 0.2 * 0.1 * 0.5, one_hot(0, 0.99)))
    smoother = ExpressionSmoother(LABELS)
    (probs,) = smoother.average(np.array([0.04]), readings, np.array([0]), np.array([2])).tolist()
    assert labels_of(NO_LIMITS, [probs]) == ["happy"]


@pytest.mark.parametrize(
    ("prob", "expected"),
    [(0.97, "Ana"), (0.6, "unknown"), (0.1, "other")],
)
def test_identity_has_an_unknown_band(prob: float, expected: str) -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds(0.8, 0.4))
    for _ in range(10):
        decider.add(1.0, np.array([1 - prob, prob]))
    label, decided = decider()
    assert decider.names[label] == expected
    assert decided == pytest.approx(1 - prob if expected == "other" else prob, abs=1e-3)


def test_nobody_is_named_by_little_evidence() -> None:
    decider = IdentityDecider(("other", "Ana"), DEFAULT_THRESHOLDS)
    labels: list[str] = []
    for quality in (0.001, 0.001, 0.001, 0.5):
        decider.add(quality, np.array([0.01, 0.99]))
        labels.append(decider.names[decider()[0]])
    assert labels == ["unknown", "unknown", "unknown", "Ana"]


def test_identity_is_decided_by_the_track_not_by_one_frame() -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds())
    for i in range(20):
        prob = 0.05 if i == 7 else 0.97
        decider.add(0.05 if i == 7 else 1.0, np.array([1 - prob, prob]))
    assert decider.names[decider()[0]] == "Ana"


def test_without_readings_nothing_is_decided() -> None:
    decider = IdentityDecider(("other", "Ana"), IdentityThresholds())
    assert decider()[0] == NO_LABEL
    nowhere = np.array([0])
    readings = around((0.0, 1.0, one_hot(1)))
    smooth = ExpressionSmoother(LABELS).average(np.array([0.0]), readings, nowhere, nowhere)
    assert np.isnan(smooth).all()


@pytest.mark.parametrize("together", [3, 7, 64])
def test_frames_pushed_together_settle_as_they_do_alone(together: int) -> None:
    """Tracks that come and go, a cut, a long gap after which a number is given again."""
    rng = np.random.default_rng(3)
    seen = {
        i: {
            track: sighting(
                *(100.0 * track + i, float(rng.uniform(0.4, 0.9))),
                quality=tuple(rng.random(3)),
                emotion=rng.dirichlet(np.ones(4)) if rng.random() < 0.6 else None,
                identity=rng.dirichlet(np.ones(2)) if rng.random() < 0.3 else None,
            )
            for track in (1, 2, 3)
            if rng.random() < 0.7 and (track != 2 or not 20 < i < 150)
        }
        for i in range(0, 200, 2)
    }

    def results(together: int) -> list[SettledFrame]:
        return settle(
            *(seen, 200),
            together=together,
            every=2,
            cuts=[90],
            emotion=judge(min_prob=0.4, min_quality=0.1),
            identity=lambda: IdentityDecider(("other", "Ana"), DEFAULT_THRESHOLDS),
        )

    alone, batched = results(1), results(together)
    assert sum(len(r.faces) for r in alone) > 200
    for one, other in zip(alone, batched, strict=True):
        assert one.frame.index == other.frame.index
        for a, b in zip(one.faces, other.faces, strict=True):
            assert np.array_equal(a.box, b.box) and np.array_equal(a.landmarks, b.landmarks)
            assert replace(a, box=b.box, landmarks=b.landmarks) == b
