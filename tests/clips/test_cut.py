"""Moments as files: their pictures and their sound are those of the input at that time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.clips.recorded import Reported, recorded
from tests.corrections.corrected_rows import rows
from tests.saved.saved_videos import save_video
from tests.video.media import beep_times, flash_times, presentation_times
from tests.vidfx_command import read_csv
from vidfx.clips.batch import ClipRequest, cut_clips
from vidfx.clips.cut import Cut, clip_name, cut_moments
from vidfx.clips.moments import Moment, Span
from vidfx.clips.where import Where
from vidfx.errors import InputError, OutputError, UsageError
from vidfx.saved.runs import SavedVideo

MOMENTS = [(0.7, 1.2), (1.3, 2.1), (2.7, 9.0)]


def cut(
    video: SavedVideo, source: Path, how: Cut, folder: Path
) -> list[tuple[Moment, Path, float]]:
    moments = [Moment(first, last) for first, last in MOMENTS]
    found = cut_moments(video, source, moments, how, folder)
    return [(moment, folder / name, begins or 0.0) for moment, name, begins in found]


@pytest.mark.parametrize("how", ["fast", "exact"])
@pytest.mark.parametrize(
    ("name", "begin"), [("talk.mp4", 0.0), ("talk.mkv", 0.0), ("talk.ts", 5.0)]
)
def test_a_clip_is_the_input_at_its_time(name: str, begin: float, how: Cut, tmp_path: Path) -> None:
    video, source = recorded(tmp_path, name, begin)
    done = cut(video, source, how, tmp_path / "clips")
    assert len(done) == len(MOMENTS)
    for moment, path, begins_s in done:
        if how == "exact":
            assert begins_s == pytest.approx(moment.from_s, abs=0.04)
        else:
            assert moment.from_s - 0.48 <= begins_s <= moment.from_s
        ends_s = begins_s + float(presentation_times(path)[-1]) + 0.04
        assert ends_s == pytest.approx(min(moment.to_s, 3.0), abs=0.15)
        inside = [at - begins_s for at in np.arange(0, 3, 0.5) if begins_s < at < ends_s - 0.05]
        for found in (flash_times(path), beep_times(path)):
            begun = [at for at in found if at > 0.1]  # the first may have begun before
            assert begun == pytest.approx([at for at in inside if at > 0.1], abs=0.05)
    assert not list((tmp_path / "clips").glob(".*"))


def test_what_cannot_be_copied_is_said_and_can_be_encoded(tmp_path: Path) -> None:
    video, source = recorded(tmp_path, "talk.avi")
    with pytest.raises(InputError) as caught:
        cut(video, source, "fast", tmp_path / "clips")
    assert caught.value.hint == "use --cut exact"
    assert len(cut(video, source, "exact", tmp_path / "clips")) == len(MOMENTS)


def test_a_clip_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    video, source = recorded(tmp_path)
    name = clip_name("talk.mp4", Moment(*MOMENTS[1]), ".mkv")
    (tmp_path / "clips" / name).mkdir(parents=True)
    with pytest.raises(OutputError, match="talk"):
        cut(video, source, "fast", tmp_path / "clips")
    assert [path.name for path in (tmp_path / "clips").iterdir()] == [name]


@pytest.mark.parametrize("name", ["a" * 300, "é" * 200, "\udc80" * 250])
def test_names_of_clips_are_short_enough(name: str) -> None:
    found = clip_name(name, Moment(1.5, 12345.25), ".mkv")
    assert len(found.encode(errors="surrogateescape")) <= 255
    assert found.endswith(".00001.500-12345.250.mkv")


def test_a_batch_of_clips_has_a_table_and_one_failure_costs_one_video(tmp_path: Path) -> None:
    recorded(tmp_path)
    out = tmp_path / "results"
    save_video(out / "day 2", rows({1: range(20), 3: range(30, 50)}), name="lost.mp4")
    seen = Reported()
    (out / "photos.summary.json").write_text("{}")
    request = ClipRequest(Where("track_id == 1 and 1.0 <= time_s < 1.2"), Span(0.1))
    outcomes = cut_clips([out], tmp_path / "clips", request, seen)
    assert outcomes == seen.outcomes
    assert [line.endswith("left out, it is of photographs") for line in seen.notices] == [True]
    assert [(o.status, o.counts["clips"]) for o in outcomes] == [("done", 1), ("done", 0)]
    (row,) = read_csv(tmp_path / "clips" / "clips.csv")
    assert (row["video"], row["from_s"], row["to_s"]) == ("talk.mp4", "0.9", "1.3")
    assert (row["tracks"], row["frames"], row["cut"]) == ("1", "5", "fast")
    assert (tmp_path / "clips" / row["clip"]).is_file() and float(row["begins_s"]) <= 0.9
    request = ClipRequest(Where("track_id == 1"), cut="fast")
    outcomes = cut_clips([out], tmp_path / "again", request, seen)
    assert [outcome.status for outcome in outcomes] == ["done", "failed"]
    assert "its source video is missing" in str(outcomes[1].error)
    request = ClipRequest(Where("track_id == 1 and p_bored > 0.5"), cut="none")
    outcomes = cut_clips([out], tmp_path / "none", request, seen)
    assert "no column p_bored" in str(outcomes[0].error)
    assert read_csv(tmp_path / "none" / "clips.csv") == []
    with pytest.raises(UsageError):
        cut_clips([tmp_path / "lost"], tmp_path / "unmade", request, seen)
    assert not (tmp_path / "unmade").exists()
