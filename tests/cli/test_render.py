"""`vidfx render`: a whole folder in worker processes, and results that are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av

from tests.vidfx_command import results_in, vidfx, vidfx_json
from vidfx_engines.files import part_name


def test_a_folder_with_good_and_bad_results(clip: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "talk.mp4", tmp_path / "results"
    shutil.copy(clip, source)
    vidfx_json(
        "annotate", source, "-o", out, "--no-video", "--end", "0.2", "--detector", "embedded"
    )
    for name in ("damaged", "half\x1b[31m", "gone"):
        for file in out.glob("talk.mp4.*"):
            copy = out / file.name.replace("talk", name)
            copy.write_text(file.read_text().replace("talk.mp4", f"{name}.mp4"))
    (out / "damaged.mp4.faces.csv").write_text("track_id\n")
    (out / "half\x1b[31m.mp4.summary.json").write_text("{")

    killed = out / part_name("talk.mp4.rendered.mp4", owner=(1 << 22) - 1)  # a run that was killed
    killed.touch()
    done = vidfx("render", out, "--style", "boxes", "--json")
    assert done.exit_code == 1 and not killed.exists()
    results = {Path(r["input"]).name[:4]: r for r in json.loads(done.stdout)["results"]}
    assert {name for name, r in results.items() if r["status"] == "failed"} == {
        *("dama", "gone", "half")
    }
    assert results["talk"]["status"] == "done"
    assert "\x1b" not in done.stderr
    for name, why in (
        ("dama", "changed since it was written"),
        ("gone", "its source video is missing"),
        ("half", "not a summary that this version can read"),
    ):
        lines = [line for line in done.stderr.splitlines() if why in line]
        assert len(lines) == 1 and why in results[name]["error"]["message"]
    with av.open(str(out / "talk.mp4.rendered.mp4")) as file:
        assert sum(1 for _ in file.decode(video=0)) == 6
        assert file.streams.audio
    again = vidfx_json("render", out / "talk.mp4.summary.json", "--style", "boxes")
    assert [r["status"] for r in again["results"]] == ["skipped"]
    before = results_in(tmp_path)
    planned = vidfx("render", out / "talk.mp4.summary.json", "-o", tmp_path / "other", "--dry-run")
    assert "other/talk.mp4.rendered.mp4" in planned.stdout and results_in(tmp_path) == before


def test_wrong_usage_is_one_line(tmp_path: Path) -> None:
    for arguments, why in (
        ([tmp_path / "none"], "there is no such file or folder"),
        ([tmp_path], "no finished video is in it"),
        ([tmp_path, "--only", "track:x"], "a track is named by its number"),
        ([tmp_path, "--messages", "none.toml"], "none.toml: there is no such file"),
    ):
        done = vidfx("render", *arguments)
        assert done.exit_code == 2 and why in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
