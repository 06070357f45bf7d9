"""Each detection is in one row, or is kept as one that is not shown."""

from __future__ import annotations

import numpy as np
import pytest

from tests.settled_frames import Sighting, observed
from vidfx.stages.look_ahead import LookAheadBuffer
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.settled import INTERPOLATED, Settled
from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.types import Frame

FRAMES = 60


def sighting(x: float, score: float) -> Sighting:
    return Sighting(np.array([x, 0, x + 40, 40]), np.zeros((5, 2)), score)


def found(index: int) -> dict[int, Sighting]:
    """A track that is confirmed late, one that never is, and a face without a track."""
    if index % 3:
        return {}
    late = 0.3 if index < 15 else 0.9
    return {
        -1: sighting(200.0 + index, 0.2),
        1: sighting(float(index), late),
        2: sighting(100.0, 0.3),
    }


@pytest.mark.parametrize("together", [1, 7, FRAMES])
def test_each_detection_is_shown_or_kept(together: int) -> None:
    buffer = LookAheadBuffer(
        max_waiting=12, confirmation=Confirmation(), emotion=None, identity=None
    )
    frames = [
        ObservedFrame(Frame(i, i, np.zeros((0, 0, 3))), i / 25, analysed=not i % 3, cut=False)
        for i in range(FRAMES)
    ]
    settled: list[Settled | None] = []
    for first in range(0, FRAMES, together):
        some = frames[first : first + together]
        settled.append(buffer.push(observed(some, [found(f.frame.index) for f in some])))
    settled.append(buffer.flush())
    shown: list[tuple[int, float]] = []
    kept: list[tuple[int, float]] = []
    for part in filter(None, settled):
        indices = np.array([f.frame.index for f in part.frames])
        measured = part.faces.source != INTERPOLATED
        boxes = part.faces.box[measured, 0].tolist()
        shown += zip(indices[part.place[measured]].tolist(), boxes, strict=True)
        kept += zip(
            indices[part.unshown.place].tolist(), part.unshown.box[:, 0].tolist(), strict=True
        )
    every = [(i, float(face.box[0])) for i in range(FRAMES) for face in found(i).values()]
    assert sorted(shown + kept) == sorted(every)
    assert {(i, 100.0) for i in range(0, FRAMES, 3)} <= set(kept)
    assert kept == sorted(kept, key=lambda one: one[0])
