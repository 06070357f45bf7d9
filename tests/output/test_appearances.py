"""When faces are shown, and why that ended, and the means of a track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.settled_frames import Reading, SettledFace, settled_of
from tests.video import media
from vidfx.output.tally import Tally
from vidfx.stages.settled import Settled
from vidfx.types import Frame

SHOWN: Sequence[set[int]] = ({1}, {1, 2}, {2}, {1}, {1, 3}, {1, 3}, {1, 4})
CUT = 6
"""The frame with which a new shot begins."""


def frame_with(tracks: set[int], index: int) -> Settled:
    faces = [
        SettledFace(
            track,
            np.array([10, 10, 50, 50]),
            np.zeros((5, 2)),
            quality=None if index == 1 else (0.5, 1.0, 0.4 if index else 1.0),
            source="interpolated" if index == 1 else "detected",
            emotion=Reading("happy", 0.8, (0.8, 0.2)) if index else Reading(None, 0.5, (0.5, 0.5)),
            emotion_reason="" if index else "low_confidence",
        )
        for track in sorted(tracks)
    ]
    settled = settled_of(
        Frame(index, index, np.zeros((4, 4, 3), np.uint8)), faces, ("happy", "sad")
    )
    frames = [replace(settled.frames[0], time_s=index / 10, cut=index == CUT)]
    return replace(settled, frames=frames)


def described() -> dict[int, dict[str, object]]:
    tally = Tally(replace(media.info(), frame_rate=Fraction(10)), recognises=False)
    for index, tracks in enumerate(SHOWN):
        tally.add(frame_with(tracks, index))
    return {track["track_id"]: track for track in tally.tracks()}


@pytest.mark.parametrize(
    ("track", "appearances", "shown_s"),
    [
        (1, [(0.0, 0.2, 2, "gap"), (0.3, 0.7, 4, "video")], 0.6),
        (2, [(0.1, 0.3, 2, "track")], 0.2),
        (3, [(0.4, 0.6, 2, "cut")], 0.2),
        (4, [(0.6, 0.7, 1, "video")], 0.1),
    ],
)
def test_a_track_lists_when_it_is_shown(
    track: int, appearances: list[tuple[float, float, int, str]], shown_s: float
) -> None:
    found = described()[track]
    names = ("from_s", "to_s", "frames", "ended")
    assert found["appearances"] == [dict(zip(names, a, strict=True)) for a in appearances]
    assert found["shown_s"] == shown_s


def test_means_of_a_track_are_of_the_rows_that_have_a_value() -> None:
    found = described()
    assert found[1]["emotion_mean"] == {"happy": 0.75, "sad": 0.25}
    assert found[2]["emotion_mean"] == {"happy": 0.8, "sad": 0.2}
    assert (found[1]["best_quality"], found[1]["mean_quality"]) == (0.5, 0.26)
