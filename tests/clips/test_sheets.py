"""Contact sheets: which faces are chosen, how they are cut out, and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.clips.recorded import Reported, recorded
from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import SettledFace, settled_of
from vidfx.clips.clearest import clearest_faces
from vidfx.clips.sheet import SIDE, cut_out
from vidfx.clips.sheets import SheetRequest, make_sheets
from vidfx.stages.settled import Settled
from vidfx.types import Frame


def with_qualities(qualities: Sequence[float | None]) -> Iterator[Settled]:
    """A face a frame, of this quality; None: interpolated."""
    for index, quality in enumerate(qualities):
        measured = None if quality is None else (quality, 1.0, 1.0)
        face = SettledFace(1, np.array([0.0, 0, 9, 9]), np.zeros((5, 2)), quality=measured)
        yield settled_of(Frame(index, index, np.empty(0)), [face], EMOTIONS)


@pytest.mark.parametrize(
    ("qualities", "wanted", "frames"),
    [
        ([0.1, 0.9, 0.2], 3, [1]),
        ([0.5] * 7 + [0.9] + [None] * 7, 3, [0, 7]),
        ([None, None], 2, [0]),
        ([(i % 100) / 100 for i in range(3000)], 4, None),
    ],
)
def test_the_clearest_faces_of_a_track_are_spread_over_its_time(
    qualities: list[float | None], wanted: int, frames: list[int] | None
) -> None:
    (track,) = clearest_faces(with_qualities(qualities), wanted)
    chosen = track.chosen(wanted)
    assert [view.time_s for view in chosen] == sorted(view.time_s for view in chosen)
    if frames is not None:
        assert [view.pts for view in chosen] == frames
    else:
        assert len(chosen) == wanted and all(view.quality == 0.99 for view in chosen)
        assert min(np.diff([view.pts for view in chosen])) >= 100


@pytest.mark.parametrize("stretch", [(1.0, 1.0), (2.0, 0.5)])
def test_a_face_is_in_the_middle_and_grey_around_the_picture(stretch: tuple[float, float]) -> None:
    wide, high = stretch
    picture = np.zeros((round(200 / high), round(200 / wide), 3), np.uint8)
    box = (150 / wide, 80 / high, 190 / wide, 120 / high)
    picture[round(box[1]) : round(box[3]), round(box[0]) : round(box[2])] = (255, 0, 0)
    shown = cut_out(picture, box, stretch)
    side = SIDE / 1.7
    red = (shown[:, :, 0] > 128) & (shown[:, :, 1] < 60)
    assert red.sum() == pytest.approx(side**2, rel=0.05)
    assert shown[SIDE // 2, SIDE // 2].tolist() == [255, 0, 0]
    assert shown[SIDE // 2, -1].tolist() == [225, 225, 225]
    assert shown[2, SIDE // 2].tolist() == [0, 0, 0]


def test_each_track_has_a_sheet_and_one_failure_costs_one_video(tmp_path: Path) -> None:
    video, _ = recorded(tmp_path)
    out = tmp_path / "results"
    save_video(out / "day 2", rows({1: range(20)}), name="lost.mp4")
    seen = Reported()
    outcomes = make_sheets([out], tmp_path / "sheets", SheetRequest(faces=3), seen)
    assert outcomes == seen.outcomes
    assert [(o.status, o.counts["sheets"]) for o in outcomes] == [("done", 1), ("failed", 0)]
    files = [path for path in (tmp_path / "sheets").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["talk.mp4.track-0001.jpg"]
    sheet = cv2.imread(str(files[0]))
    assert sheet is not None and sheet.shape[1] > 3 * SIDE and sheet.shape[0] > SIDE
    lines = "track_id,from_s,to_s,action,value\n1,,,hide,\n"
    video.path.with_name("talk.mp4.corrections.csv").write_text(lines)
    (outcome,) = make_sheets([video.path], tmp_path / "hidden", SheetRequest(), seen)
    assert (outcome.status, outcome.counts) == ("failed", {"sheets": 0})
    assert "must be hidden" in str(outcome.error)
