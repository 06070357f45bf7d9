"""What is drawn on segments of a video whose second reading is not like the first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from vidfx.annotate.segment_task import LabelLines, Line
from vidfx.annotate.segments import _SegmentWorkers
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.errors import DecodeError
from vidfx.jobs.plan import Job, Outputs, Part
from vidfx.overlay.labels import FaceLabel
from vidfx.video.container.segment import KeyFrame, Segment


def line(pts: int) -> Line:
    return pts, pts / 10, [cast("FaceLabel", f"at {pts}")]


@pytest.mark.parametrize(
    ("frames", "drawn", "passed"),
    [
        ([20, 30, 40], ["at 20", "at 30", "at 40"], ["at 0", "at 10"]),
        ([0, 10, 15, 20, 30], ["at 0", "at 10", None, "at 20", "at 30"], []),
        ([0, 20, 30], ["at 0", "at 20", "at 30"], ["at 10"]),
        ([-5, 0, 50, 60], [None, "at 0", None, None], ["at 10", "at 20", "at 30", "at 40"]),
    ],
)
def test_a_frame_without_a_line_takes_none(
    frames: list[int], drawn: list[str | None], passed: list[str]
) -> None:
    lines = LabelLines(map(line, range(0, 50, 10)))
    got: list[Any] = []
    over: list[Any] = []
    for pts in frames:
        over += [faces[0] for faces, _ in lines.before(pts)]
        got.append(next(iter(lines.of(pts)), None))
    assert (got, over) == (drawn, passed)


def crew(folder: Path, looked: list[int], drawn: list[int]) -> _SegmentWorkers:
    """After two rounds that had so many frames in each segment."""
    job = Job(folder / "a.mp4", Outputs.of(folder / "a"))
    found = _SegmentWorkers(job, Settings(), len(looked), lambda _: None, StageTimer())
    for labels, counts in ((None, looked), (folder / "labels", drawn)):
        for number, count in enumerate(counts):
            key_frame = KeyFrame(0, 0)
            segment = Segment(number, 0.0, None, key_frame, 0.0, key_frame, None)
            found._frames[Part(segment, labels)] = count
    return found


@pytest.mark.parametrize(
    ("drawn", "warned"), [([50, 60], False), ([51, 60], True), ([51, 59], True)]
)
def test_differing_counts_are_told(tmp_path: Path, drawn: list[int], warned: bool) -> None:
    found = crew(tmp_path, [50, 60], drawn)
    found.compare_rounds()
    assert bool(found.warnings) == warned
    if warned:
        assert f"110 frames were looked at and {sum(drawn)} drawn" in found.warnings[0]


def test_a_video_that_never_decodes_alike_fails(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="110 frames") as caught:
        crew(tmp_path, [50, 60], [10, 90]).compare_rounds()
    assert "--segments 1" in caught.value.hint
