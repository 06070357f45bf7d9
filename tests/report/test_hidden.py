"""Where somebody is hidden, no picture of the source gets into a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.report.reported_videos import reported
from vidfx.corrections.read import read_corrections
from vidfx.corrections.shown import hides_faces
from vidfx.jobs.result_names import REPORT
from vidfx.report.build import write_report
from vidfx.report.video_file import sheet_file
from vidfx.report.video_place import playable
from vidfx.saved.runs import SavedVideo, load_video

HIDE = "track_id,from_s,to_s,action,value\n1,,,hide,\n1,1,2,show,\n"


@pytest.fixture
def video(tmp_path: Path) -> SavedVideo:
    made = reported(tmp_path)
    made.source.write_bytes(b"the source")
    return made


def described(video: SavedVideo, **changes: Any) -> SavedVideo:
    """The video with these entries in its summary."""
    summary = json.loads(video.path.read_text()) | changes
    video.path.write_text(json.dumps(summary))
    return load_video(video.path)


def annotated(video: SavedVideo, **changes: Any) -> SavedVideo:
    """The video with an annotated one, and these entries in its summary."""
    file = video.path.with_name("talk.mp4.annotated.mp4")
    file.write_bytes(b"boxes")
    outputs = {**video.summary["outputs"], "video": file.name}
    sizes = {**video.summary["bytes"], file.name: 5}
    return described(video, outputs=outputs, bytes=sizes, **changes)


def correct(video: SavedVideo, lines: str) -> None:
    video.path.with_name("talk.mp4.corrections.csv").write_text(lines)


def test_the_source_is_shown_where_nobody_is_hidden(video: SavedVideo) -> None:
    assert playable(video, video.path.parent)["path"] == "talk.mp4"


def test_the_source_of_a_run_that_hid_faces_is_not_shown(video: SavedVideo) -> None:
    hiding = described(video, fingerprint={"settings": {"hide": ["all"]}})
    assert hides_faces(hiding)
    assert playable(hiding, video.path.parent)["path"] is None


def test_a_correction_that_hides_for_a_time_hides_the_source(video: SavedVideo) -> None:
    correct(video, HIDE)
    assert playable(video, video.path.parent)["path"] is None


def test_an_annotated_video_is_shown_only_with_the_corrections_that_hide(
    video: SavedVideo,
) -> None:
    made = annotated(video)
    assert playable(made, made.path.parent)["path"] == "talk.mp4.annotated.mp4"
    correct(video, HIDE)
    assert playable(made, made.path.parent)["path"] is None
    sha256 = read_corrections(made.path, made.expressions).fingerprint()
    drawn = described(made, corrections={"sha256": sha256})
    assert playable(drawn, made.path.parent)["path"] == "talk.mp4.annotated.mp4"


@pytest.mark.parametrize("lines", [HIDE, HIDE.replace("hide", "hdie")])
def test_pictures_from_before_somebody_was_hidden_are_removed(
    lines: str, video: SavedVideo
) -> None:
    out = video.path.parent
    write_report(out, faces=False, report=lambda _: None)
    sheet = sheet_file(out / REPORT, video.name)
    sheet.parent.mkdir()
    sheet.write_bytes(b"faces")
    correct(video, lines)
    write_report(out, faces=True, report=lambda _: None)
    assert not sheet.exists()
    data = out / REPORT / "data" / "talk.mp4.js"
    assert not data.exists() or '"path":null' in data.read_text().replace(" ", "")
