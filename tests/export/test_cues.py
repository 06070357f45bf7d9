"""Rows of a track become cues, in order of their starts, and short gaps do not cut them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.export.exported_videos import RATE, face, settled
from tests.settled_frames import SettledFace
from vidfx.export.cues import Cue, Cues
from vidfx.output.spans import JOIN_S

GAP = int(JOIN_S * RATE)


def cues_of(frames: Sequence[Sequence[SettledFace]]) -> list[tuple[int, int, int, str]]:
    """First frame, frame after the last, track and expression of each cue."""
    cues = Cues(1 / RATE)
    found: list[Cue] = []
    for some in settled(frames):
        found += cues.add(some)
    found += cues.finish()
    assert [c.start_s for c in found] == sorted(c.start_s for c in found)
    return [(round(c.start_s * RATE), round(c.end_s * RATE), c.track, c.what) for c in found]


def one(*labels: str | None) -> list[list[SettledFace]]:
    """One face a frame, or none where the label is ``gone``."""
    return [[] if label == "gone" else [face(1, 10, label)] for label in labels]


@pytest.mark.parametrize(
    ("between", "cues"),
    [
        (["gone"] * GAP, [(0, 10 + GAP, 1, "sad")]),
        (["gone"] * (GAP + 1), [(0, 5, 1, "sad"), (6 + GAP, 11 + GAP, 1, "sad")]),
        ([None] * GAP, [(0, 10 + GAP, 1, "sad")]),
        (
            [None] * (GAP + 1),
            [(0, 5, 1, "sad"), (5, 6 + GAP, 1, ""), (6 + GAP, 11 + GAP, 1, "sad")],
        ),
        (["happy"], [(0, 5, 1, "sad"), (5, 6, 1, "happy"), (6, 11, 1, "sad")]),
        ([None, "happy"], [(0, 5, 1, "sad"), (5, 6, 1, ""), (6, 7, 1, "happy"), (7, 12, 1, "sad")]),
    ],
)
def test_what_is_between_two_rows_of_one_label(
    between: list[str | None], cues: list[tuple[int, int, int, str]]
) -> None:
    assert cues_of(one(*["sad"] * 5, *between, *["sad"] * 5)) == cues


def test_a_long_cue_comes_before_later_ones_that_end_sooner() -> None:
    frames = [[face(1, 10), *([face(2, 90, "sad")] if 20 <= i < 25 else [])] for i in range(90)]
    assert cues_of(frames) == [(0, 90, 1, "happy"), (20, 25, 2, "sad")]


def test_no_frames_make_no_cues() -> None:
    assert cues_of([]) == []
