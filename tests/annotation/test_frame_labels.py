"""What is drawn of a face."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.settled_frames import Reading, SettledFace, settled_of
from vidfx.annotation.drawing.frame_labels import labels_of
from vidfx.overlay.looks import DEFAULT_LOOKS, Looks
from vidfx.stages.settled import Labels
from vidfx.types import Frame


@pytest.mark.parametrize(
    ("emotion", "drawn"),
    [
        (None, (None, None)),
        (Reading("sad", 0.6, (0.4, 0.6)), ("sad", 0.6)),
        (Reading(None, 0.6, (0.4, 0.6)), (None, None)),
    ],
)
def test_an_expression_that_is_not_chosen_is_not_drawn(
    emotion: Reading | None, drawn: tuple[str | None, float | None]
) -> None:
    box, landmarks = np.zeros(4, np.float32), np.zeros((5, 2), np.float32)
    face = SettledFace(1, box, landmarks, score=0.9, emotion=emotion)
    settled = settled_of(Frame(0, 0, np.empty(0)), [face], ("happy", "sad"))
    (label,) = labels_of(settled.faces, DEFAULT_LOOKS)
    assert (label.emotion, label.emotion_prob) == drawn


def test_a_name_without_a_probability_is_drawn_without_one() -> None:
    box, landmarks = np.zeros(4, np.float32), np.zeros((5, 2), np.float32)
    face = SettledFace(1, box, landmarks, score=0.9)
    faces = settled_of(Frame(0, 0, np.empty(0)), [face], ("happy", "sad")).faces
    who = Labels(("Person 3",), np.zeros(1, np.int64), np.full(1, math.nan))
    (label,) = labels_of(replace(faces, identity=who), DEFAULT_LOOKS)
    assert (label.identity, label.identity_prob) == ("Person 3", None)


def test_landmarks_and_expressions_are_given_where_they_are_drawn() -> None:
    box, landmarks = np.zeros(4, np.float32), np.ones((5, 2), np.float32)
    face = SettledFace(1, box, landmarks, score=0.9, emotion=Reading("sad", 0.6, (0.4, 0.6)))
    faces = settled_of(Frame(0, 0, np.empty(0)), [face], ("happy", "sad")).faces
    (plain,) = labels_of(faces, DEFAULT_LOOKS)
    assert not plain.landmarks and not plain.expressions
    (label,) = labels_of(faces, Looks(landmarks=True, bars=True))
    assert label.landmarks == [[1.0, 1.0]] * 5
    assert [name for name, _ in label.expressions] == ["happy", "sad"]
    assert [share for _, share in label.expressions] == pytest.approx([0.4, 0.6])
