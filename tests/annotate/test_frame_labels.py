"""What is drawn of a face."""

from __future__ import annotations

import numpy as np
import pytest

from tests.settled_frames import Reading, SettledFace, settled_of
from vidfx.annotate.frame_labels import labels_of
from vidfx.overlay.looks import DEFAULT_LOOKS
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
