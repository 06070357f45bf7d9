"""`vidfx bench`: figures of the real pipeline, and what limits the speed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vidfx_command import vidfx
from vidfx.run.bench import THREADS, Timing


def test_the_busiest_thread_and_its_largest_stage_are_the_limit() -> None:
    stages = {"decode": 3.0, "detect": 4.0, "emotion": 5.0, "draw": 1.0, "encode": 7.0}
    timing = Timing("x", 100, 10.0, stages, 15.0)
    assert timing.rate == 10.0
    assert timing.thread() == ("analysis", pytest.approx(0.9))
    assert timing.stage() == "emotion"


def test_every_stage_of_the_pipeline_belongs_to_a_thread(clip: Path) -> None:
    done = vidfx(
        "bench", clip, "--seconds", 2, "--emotion", "none", "--preset", "ultrafast", "--json"
    )
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    known = {stage for stages in THREADS.values() for stage in stages}
    assert [t["name"] for t in found["timings"]] == ["annotated video", "CSVs only"]
    for timing in found["timings"]:
        assert set(timing["by_stage"]) <= known
        assert timing["frames"] == 60 and timing["frames_per_s"] > 0
        assert timing["limit"] in known
    assert found["faces"] > 1
    assert not list(clip.parent.glob("part*"))


def test_the_table(clip: Path) -> None:
    done = vidfx("bench", clip, "--seconds", 2, "--emotion", "none", "--preset", "ultrafast")
    assert done.exit_code == 0, done.stderr
    assert "frames/s" in done.stdout and "reading: decode" in done.stdout
    assert "of the time, most of it" in done.stdout


def test_what_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("no")
    done = vidfx("bench", tmp_path / "no.mp4")
    assert done.exit_code == 1 and "no.mp4" in done.stderr and "Traceback" not in done.stderr
