"""What is drawn of a face."""

from __future__ import annotations

import numpy as np
import pytest

from vidfx.annotate.annotated_video import label_of
from vidfx.types import Face, Reading


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
    face = Face(1, box, "detected", 0.9, landmarks, None, None, emotion, None, None)
    label = label_of(face)
    assert (label.emotion, label.emotion_prob) == drawn
