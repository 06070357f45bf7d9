"""The data of pages: what they say of tracks, and when they are made again."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips.recorded import Reported
from tests.report.reported_videos import frames, reported
from tests.tables.batches import save_summary
from vidfx.errors import UsageError
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.result_names import REPORT
from vidfx.report.build import PAGE, write_report
from vidfx.report.make import figure_of, folder_report, single_pages
from vidfx.report.pages import asset
from vidfx.report.scripts import call
from vidfx.report.video_data import collect, describe
from vidfx.saved.frames import read_settled


def report(out: Path) -> list[str]:
    """The status of each finished video."""
    return [o.status for o in write_report(out, faces=False, report=lambda _: None)]


def data(out: Path, name: str = "data/talk.mp4.js") -> dict[str, Any]:
    text = (out / REPORT / name).read_text()
    return json.loads(text.partition("(")[2].rpartition(")")[0])


def test_tracks_are_described(tmp_path: Path) -> None:
    video = reported(tmp_path)
    content = describe(video, *collect(read_settled(video), 4))
    first, second = content["tracks"]
    assert (first["first"], first["last"], first["rows"]) == (0, 99, 100)
    assert first["seconds"] == pytest.approx(4.0)
    assert first["spans"] == [[0, 49, 0, 2], [50, 99, 0, 1]]
    assert first["expression_s"] == pytest.approx([0, 2, 2, 0])
    assert second["spans"] == [[0, 99, 0, -1]] and sum(second["expression_s"]) == 0
    times = {"base": [1, 25], "first_s": 0.0, "frames": 100, "steps": [[99, 1]]}
    assert content["times"] == times
    assert content["coverage"]["rows"] == 200 and content["coverage"]["rows_filled"] == 0


def test_tracks_of_one_person_are_told(tmp_path: Path) -> None:
    video = reported(tmp_path)
    some = [
        replace(one, faces=replace(one.faces, person=np.ones(len(one.faces), np.int64)))
        for one in read_settled(video)
    ]
    content = describe(video, *collect(some, 4))
    assert [track["same_as"] for track in content["tracks"]] == [None, 1]
    split = [replace(one, faces=replace(one.faces, track=2 * one.faces.track)) for one in some]
    content = describe(video, *collect(split, 4))
    assert [(track["id"], track["same_as"]) for track in content["tracks"]] == [(2, 1), (4, None)]


def test_rows_between_detections_in_vain_are_filled_in(tmp_path: Path) -> None:
    video = reported(tmp_path)
    some = frames(20, tracks=1, every=10, searches=True)
    content = describe(video, *collect(some, 4))
    filled = [span[:3] for span in content["tracks"][0]["spans"] if span[2]]
    assert filled == [[1, 9, 1]]


def test_a_video_is_made_again_where_it_or_its_corrections_are_newer(tmp_path: Path) -> None:
    video = reported(tmp_path)
    assert report(tmp_path) == ["done"]
    assert report(tmp_path) == ["skipped"]
    (tmp_path / "talk.mp4.corrections.csv").write_text(
        "track_id,from_s,to_s,action,value\n1,,,rename,Ana\n"
    )
    assert report(tmp_path) == ["done"]
    assert [track["person"] for track in data(tmp_path)["tracks"]] == ["Ana", ""]
    later = (tmp_path / REPORT / "data/talk.mp4.js").stat().st_mtime_ns + 1
    os.utime(video.path, ns=(later, later))
    assert report(tmp_path) == ["done"]


def test_a_damaged_video_is_listed_with_the_reason(tmp_path: Path) -> None:
    reported(tmp_path, "a.mp4")
    reported(tmp_path, "b.mp4").faces.unlink()
    seen: list[Outcome] = []
    write_report(tmp_path, faces=False, report=seen.append)
    assert [outcome.status for outcome in seen] == ["done", "failed"]
    rows = data(tmp_path, "data/index.js")["videos"]
    assert [row[:2] for row in rows] == [["a.mp4", "done"], ["b.mp4", "unreadable"]]
    assert "b.mp4.faces.csv: No such file" in rows[1][4]


def test_a_video_without_faces_and_one_of_one_frame(tmp_path: Path) -> None:
    reported(tmp_path, "none.mp4", tracks=0)
    reported(tmp_path, "one.mp4", count=1)
    assert report(tmp_path) == ["done", "done"]
    assert data(tmp_path, "data/none.mp4.js")["tracks"] == []
    assert data(tmp_path, "data/one.mp4.js")["times"]["steps"] == []


def test_hostile_text_ends_no_script_and_no_tag(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>&'\".mp4"
    assert "<" not in call("video", {"name": "</script><!--"})
    reported(tmp_path, name.replace("/", "_"))
    assert report(tmp_path) == ["done"]
    page = (tmp_path / REPORT / PAGE).read_text()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_single_pages_have_all_in_one_file(tmp_path: Path) -> None:
    video = reported(tmp_path)
    (outcome,) = single_pages([video.path], thumbnails=False, progress=Reported())
    page = Path(outcome.outputs["page"]).read_text()
    assert "vidfx.single(" in page and 'src="' not in page and "<link" not in page


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_a_figure_is_the_same_each_time(suffix: str, tmp_path: Path) -> None:
    video = reported(tmp_path, "a $x$ talk.mp4")
    files = [tmp_path / f"{n}{suffix}" for n in "12"]
    for file in files:
        figure_of([video.path], file, Reported())
    assert files[0].read_bytes() == files[1].read_bytes() != b""


def test_a_figure_needs_a_known_name(tmp_path: Path) -> None:
    reported(tmp_path)
    with pytest.raises(UsageError, match=r"timeline\.doc: not a figure"):
        figure_of([tmp_path], tmp_path / "timeline.doc", Reported())


def test_the_report_is_of_one_folder(tmp_path: Path) -> None:
    video = reported(tmp_path)
    with pytest.raises(UsageError, match="one output folder"):
        folder_report([video.path], thumbnails=False, report=lambda _: None)


def test_uplot_is_the_released_file_and_has_its_licence() -> None:
    assert asset("uplot.js").startswith("/*! https://github.com/leeoniya/uPlot (v1.6.32) */")
    digest = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"
    assert sha256(asset("uplot.js").encode()).hexdigest() == digest
    assert "MIT License" in asset("uplot.LICENSE")


def test_photographs_have_no_page_and_are_no_failure(tmp_path: Path) -> None:
    save_summary(tmp_path, "photos", [], photographs=[{"file": "a.jpg"}])
    (outcome,) = write_report(tmp_path, faces=False, report=lambda _: None)
    assert (outcome.status, outcome.error) == ("skipped", None)
    assert "have no page" in (tmp_path / REPORT / "data" / "index.js").read_text()


def test_photographs_are_left_out_of_single_pages_and_figures_with_a_line(tmp_path: Path) -> None:
    reported(tmp_path)
    (tmp_path / "photos.summary.json").write_text(
        '{"schema": "vidfx.summary/2", "photographs": []}'
    )
    progress = Reported()
    (outcome,) = single_pages([tmp_path], thumbnails=False, progress=progress)
    figure_of([tmp_path], tmp_path / "timeline.svg", progress)
    assert outcome.status == "done" and (tmp_path / "timeline.svg").exists()
    assert len(progress.notices) == 2
    assert all("photos.summary.json: left out, it is of" in line for line in progress.notices)
