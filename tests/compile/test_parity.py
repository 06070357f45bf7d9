"""What an engine loses against its source, counted on known answers."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.compile.parity import DetectedFaces, compare, run_engine
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineRunError
from vidfx_engines.select import select

LABELS = ("a", "b")


def prob(*first: float) -> np.ndarray:
    return np.array([[p, 1 - p] for p in first])


def test_labels_are_compared_with_the_source_and_with_the_truth() -> None:
    truth = np.array([0, 0, 1, 1])
    found = compare(prob(0.9, 0.8, 0.3, 0.4), prob(0.9, 0.4, 0.3, 0.4), truth, LABELS)
    assert found.agreement == 0.75
    assert found.most_difference == pytest.approx(0.4)
    assert found.accuracy == (1.0, 0.75)
    assert found.recall == {"a": (1.0, 0.5), "b": (1.0, 1.0)}
    assert found.drop == pytest.approx(0.25)
    assert found.figures()["recall_a_before"] == 1.0


def test_a_gain_is_not_a_drop_and_the_worse_of_the_two_accuracies_counts() -> None:
    truth = np.array([0, 0, 0, 1])
    better = compare(prob(0.4, 0.9, 0.9, 0.1), prob(0.9, 0.9, 0.9, 0.1), truth, LABELS)
    assert better.drop < 0
    rare = compare(prob(0.4, 0.9, 0.9, 0.1), prob(0.9, 0.9, 0.9, 0.9), truth, LABELS)
    assert rare.accuracy == (0.75, 0.75)
    assert rare.drop == pytest.approx((2 / 3 + 1) / 2 - 0.5)


def test_without_labels_only_clear_changes_count() -> None:
    tie = compare(prob(0.51, 0.9), prob(0.49, 0.9), None, LABELS)
    assert (tie.agreement, tie.changed, tie.drop) == (0.5, 0.0, 0.0)
    clear = compare(prob(0.6, 0.9), prob(0.49, 0.9), None, LABELS)
    assert clear.drop == 0.5


@pytest.mark.parametrize("row", [(np.nan, np.nan), (1e30, -1e30), (0.4, 0.2)])
def test_numbers_that_are_not_finite_are_the_greatest_loss(row: tuple[float, float]) -> None:
    after = prob(0.9, 0.8)
    after[1] = row
    for truth in (None, np.array([0, 1])):
        found = compare(prob(0.9, 0.8), after, truth, LABELS)
        assert (found.faulty, found.drop, found.agreement) == (1, 1.0, 0.5)
        assert all(np.isfinite(v) for v in found.figures().values())
    with pytest.raises(EngineRunError, match="outputs for 1 of 2 pictures are not probabilities"):
        compare(after, prob(0.9, 0.8), None, LABELS)


def boxes(*left: float) -> np.ndarray:
    return np.array([[x, 0, x + 10, 10] for x in left], np.float32).reshape(-1, 4)


def test_faces_are_matched_one_to_one() -> None:
    before = DetectedFaces((boxes(0, 20), boxes()), (np.array([0.9, 0.8]), np.array([])))
    after = DetectedFaces((boxes(1, 100), boxes(0)), (np.array([0.7, 0.8]), np.array([0.5])))
    found = compare(before, after, None, ())
    assert found.agreement == pytest.approx(1 / 3)  # of two and one, one is the same
    assert found.most_difference == pytest.approx(0.2)
    assert found.drop == pytest.approx(2 / 3)


def test_a_detector_agrees_with_itself(group: np.ndarray) -> None:
    engine = select(embedded("centerface"), device="cpu").engine
    frames = group[None, : group.shape[0] // 32 * 32, : group.shape[1] // 32 * 32]
    faces = run_engine(engine, np.ascontiguousarray(frames))
    assert isinstance(faces, DetectedFaces)
    assert len(faces.box[0]) >= 5
    assert compare(faces, faces, None, ()).agreement == 1.0
    engine.close()


def test_embeddings_are_compared_by_their_cosine_about_the_mean() -> None:
    random = np.random.default_rng(0)
    before = 10 + random.normal(0, 1, (50, 16))
    assert compare(before, 3 * before, None, ()).agreement == pytest.approx(1)
    other = compare(before, 10 + random.normal(0, 1, (50, 16)), None, ())
    assert other.agreement < 0.5
    assert other.drop == pytest.approx(1 - other.agreement)
    broken = before.copy()
    broken[3] = np.nan
    found = compare(before, broken, None, ())
    assert (found.faulty, found.drop) == (1, 1.0)
    with pytest.raises(EngineRunError, match="1 of 50 pictures are not finite"):
        compare(broken, before, None, ())
