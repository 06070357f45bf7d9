"""Whole folders are exported; one video that fails does not stop the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.export.exported_videos import two_people
from tests.vidfx_command import last_line, results_in, vidfx, vidfx_json


def test_a_folder_is_exported_into_the_same_subfolders(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        two_people(tmp_path / "results" / folder)
    done = vidfx_json("export", tmp_path / "results", "--to", "vtt,mot", "-o", tmp_path / "out")
    assert results_in(tmp_path / "out") == {
        *(f"{folder}/talk.mp4{ending}" for folder in "ab" for ending in (".vtt", ".mot.txt"))
    }
    assert [r["status"] for r in done["results"]] == ["done", "done"]
    again = vidfx_json("export", tmp_path / "results", "--to", "vtt,mot", "-o", tmp_path / "out")
    assert [r["status"] for r in again["results"]] == ["skipped", "skipped"]


def test_files_are_beside_the_results_and_are_written_again_only_when_asked(tmp_path: Path) -> None:
    video = two_people(tmp_path)
    own = tmp_path / "talk.mp4.vtt"
    own.write_text("mine")
    assert vidfx("export", video.path, "--to", "vtt, mot").exit_code == 0
    assert own.read_text() == "mine" and (tmp_path / "talk.mp4.mot.txt").exists()
    assert vidfx("export", video.path, "--to", "vtt", "--overwrite").exit_code == 0
    assert own.read_text().startswith("WEBVTT")


def test_a_damaged_video_fails_alone_and_leaves_nothing(tmp_path: Path) -> None:
    bad = two_people(tmp_path / "bad")
    lines = bad.faces.read_text().splitlines(keepends=True)
    bad.faces.write_text("".join([*lines[:-1], lines[-1].replace("sad", "odd")]))
    summary = json.loads(bad.path.read_text())
    bad.path.write_text(json.dumps(summary | {"bytes": {}}))
    two_people(tmp_path / "good")
    done = vidfx("export", tmp_path, "--to", "cvat,coco,vtt")
    assert done.exit_code == 1
    assert "bad/talk.mp4.faces.csv: damaged near line" in done.stderr
    good, bad = (results_in(tmp_path / folder) for folder in ("good", "bad"))
    assert good - bad == {f"talk.mp4{ending}" for ending in (".cvat.xml", ".coco.json", ".vtt")}


@pytest.mark.parametrize(
    ("args", "why", "code"),
    [
        (["results", "--to", "gif"], "--to: 'gif' is not a format (use some of vtt, srt", 2),
        (["none", "--to", "vtt"], "none: there is no such file or folder", 2),
        (["results", "--to", "vtt", "-o", "results/talk.mp4.faces.csv"], "is a file", 2),
    ],
)
def test_wrong_use_is_one_line(
    args: list[str], why: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    two_people(Path("results"))
    two_people(Path("results/b"))
    done = vidfx("export", *args)
    assert done.exit_code == code
    assert why in last_line(done)


def test_two_folders_with_the_same_names_keep_apart(tmp_path: Path) -> None:
    two_people(tmp_path / "a")
    two_people(tmp_path / "b")
    out = tmp_path / "out"
    assert vidfx("export", tmp_path / "a", tmp_path / "b", "--to", "srt", "-o", out).exit_code == 0
    assert results_in(out) == {"a/talk.mp4.srt", "b/talk.mp4.srt"}


def test_photographs_are_left_out_in_one_line(tmp_path: Path) -> None:
    two_people(tmp_path)
    (tmp_path / "photos.summary.json").write_text("{}")
    done = vidfx("export", tmp_path, "--to", "srt")
    assert done.exit_code == 0
    assert "photos.summary.json: left out, it is of photographs" in done.stderr


def test_exports_follow_corrections(tmp_path: Path) -> None:
    two_people(tmp_path)
    (tmp_path / "talk.mp4.corrections.csv").write_text(
        "track_id,from_s,to_s,action,value\n2,,,rename,Ben\n1,,,drop,\n"
    )
    assert vidfx("export", tmp_path, "--to", "vtt,mot,chapters").exit_code == 0
    assert "\nBen: sad\n" in (tmp_path / "talk.mp4.vtt").read_text()
    assert "Zo" not in (tmp_path / "talk.mp4.chapters.vtt").read_text()
    rows = (tmp_path / "talk.mp4.mot.txt").read_text().splitlines()
    assert {row.split(",")[1] for row in rows} == {"2"}
