"""Invalid numbers of engines are left out where they enter, counted and reported."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.stages.classify import predict
from vidfx.stages.engine_faults import EngineFaults, are_faces, are_probabilities
from vidfx.types import FaceBatch
from vidfx_engines.backends.fake import FakeEngine, brightness_classifier
from vidfx_engines.errors import EngineRunError

NONE = (np.nan, np.inf, -np.inf, 1e30, -1e30)


@pytest.mark.parametrize(
    ("row", "good"),
    [
        ((0.2, 0.3, 0.5), True),
        ((1.0, 0.0, 0.0), True),
        ((0.205, 0.3, 0.505), True),
        ((0.2, 0.3, 0.6), False),
        ((1.2, -0.2, 0.0), False),
        ((2.0, -4.0, 1.5), False),
        *(((0.5, 0.5, number), False) for number in NONE),
        ((np.inf, -np.inf, 1.0), False),
        ((1e30, -1e30, 1.0), False),
    ],
)
def test_probabilities_are_a_distribution(row: tuple[float, ...], good: bool) -> None:
    rows = np.array([[0.1, 0.1, 0.8], row], np.float32)
    assert are_probabilities(rows).tolist() == [True, good]


@pytest.mark.parametrize("number", NONE)
@pytest.mark.parametrize("where", ["box", "score", "landmarks"])
def test_no_face_has_a_number_that_is_not_finite(where: str, number: float) -> None:
    box = np.array([[10, 10, 50, 60], [-20, -30, 90, 80]], np.float32)
    score = np.array([0.9, 1.001], np.float32)
    landmarks = np.full((2, 5, 2), 20, np.float32)
    assert are_faces(box, score, landmarks, (64, 96)).tolist() == [True, True]
    {"box": box, "score": score, "landmarks": landmarks}[where].reshape(-1)[-1] = number
    assert are_faces(box, score, landmarks, (64, 96)).tolist() == [True, False]


def test_a_box_whose_corners_are_swapped_is_not_a_face() -> None:
    box = np.array([[50, 10, 10, 60]], np.float32)
    assert not are_faces(box, np.array([0.9]), np.zeros((1, 5, 2)), (64, 96)).any()


def test_a_row_that_is_not_probabilities_is_left_out() -> None:
    spec = brightness_classifier().spec
    given = np.array([[0.25, 0.75], [np.nan, 0.5], [1e30, -1e30]], np.float32)
    engine = FakeEngine(spec, lambda _: (given,))
    faces = FaceBatch(np.array([0, 2, 3]), np.zeros((3, 112, 112, 3), np.uint8))
    prob = predict(engine, faces, 4).prob
    np.testing.assert_array_equal(prob[0], given[0])
    assert np.isnan(prob[1:]).all()


def test_faults_are_reported_once_for_an_engine_and_summed_over_parts() -> None:
    part, whole = EngineFaults(), EngineFaults()
    part.add("emotion", 10, 3, 7)
    whole.add("emotion", 20, 0, 20)
    assert whole.warnings({"emotion": "brightness"}) == []
    whole.merge(part.counts)
    (line,) = whole.warnings({"emotion": "brightness"})
    assert "on 3 of 30 faces the outputs of brightness are not valid probabilities" in line


def test_an_engine_that_gives_nothing_else_is_an_error() -> None:
    faults = EngineFaults()
    faults.add("emotion", 0, 0, 0)
    assert faults.warnings({"emotion": "brightness"}) == []
    faults.add("emotion", 5, 5, 0)
    with pytest.raises(EngineRunError, match="brightness: none of its outputs") as raised:
        faults.warnings({"emotion": "brightness"})
    assert raised.value.hint
    sees = EngineFaults()  # faces were found on frames where other candidates were no numbers
    sees.add("detection", 5, 5, 3)
    assert len(sees.warnings({"detection": "brightness"})) == 1
