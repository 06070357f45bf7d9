"""Labels on segments of a video that decodes differently the second time."""

from __future__ import annotations

from typing import Any, cast

import pytest

from vidfx.annotation.drawing.frame_labels import FrameLabels, LabelMatcher
from vidfx.annotation.segments.workers import compare_rounds
from vidfx.errors import DecodeError
from vidfx.overlay.labels import FaceLabel


def labels_at(pts: int) -> FrameLabels:
    return FrameLabels(pts, pts / 10, [cast("FaceLabel", f"at {pts}")])


@pytest.mark.parametrize(
    ("frames", "drawn", "passed"),
    [
        ([20, 30, 40], ["at 20", "at 30", "at 40"], ["at 0", "at 10"]),
        ([0, 10, 15, 20, 30], ["at 0", "at 10", None, "at 20", "at 30"], []),
        ([0, 20, 30], ["at 0", "at 20", "at 30"], ["at 10"]),
        ([-5, 0, 50, 60], [None, "at 0", None, None], ["at 10", "at 20", "at 30", "at 40"]),
    ],
)
def test_a_frame_without_labels_takes_those_of_no_other(
    frames: list[int], drawn: list[str | None], passed: list[str]
) -> None:
    labels = LabelMatcher(map(labels_at, range(0, 50, 10)))
    got: list[Any] = []
    over: list[Any] = []
    for pts in frames:
        over += [skipped.labels[0] for skipped in labels.before(pts)]
        got.append(next(iter(labels.at(pts).labels), None))
    assert (got, over) == (drawn, passed)


@pytest.mark.parametrize(
    ("drawn", "warned"), [([50, 60], False), ([51, 60], True), ([51, 59], True)]
)
def test_differing_counts_are_a_warning(drawn: list[int], warned: bool) -> None:
    warning = compare_rounds("a.mp4", [50, 60], drawn)
    assert (warning is not None) == warned
    if warning:
        assert f"110 frames were observed and {sum(drawn)} drawn" in warning


def test_a_video_that_never_decodes_alike_fails() -> None:
    with pytest.raises(DecodeError, match="110 frames") as caught:
        compare_rounds("a.mp4", [50, 60], [10, 90])
    assert "--segments 1" in caught.value.hint
