"""`vidfx bench`: figures of the real pipeline, and what limits the speed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.vidfx_command import vidfx
from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx.jobs.events import Event, Notice
from vidfx.run.bench import THREADS, Timing, bench
from vidfx.video.read.source import open_source
from vidfx.video.write.first_part import copy_first_part


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
    (device,) = found["devices"]
    assert device["device"] == "cpu"
    assert device["decoding"]["name"].startswith("decoding alone: ")
    assert device["decoding"]["frames"] == 60
    assert [t["name"] for t in device["timings"]] == ["annotated video", "CSVs only"]
    for timing in device["timings"]:
        assert set(timing["by_stage"]) <= known
        assert timing["frames"] == 60 and timing["frames_per_s"] > 0
        assert timing["limit"] in known
        expected = timing["frames_per_s"] / device["decoding"]["frames_per_s"]
        assert timing["of_decoding"] == pytest.approx(expected)
    assert found["faces"] > 1
    assert not list(clip.parent.glob("part*"))


def test_the_table(clip: Path) -> None:
    done = vidfx("bench", clip, "--seconds", 2, "--emotion", "none", "--preset", "ultrafast")
    assert done.exit_code == 0, done.stderr
    assert "of decoding" in done.stdout and "cpu: decoding alone: " in done.stdout
    assert "frames/s" in done.stdout and "reading: decode" in done.stdout
    assert "of the time, most of it" in done.stdout


def test_a_gpu_that_cannot_be_used_is_reported(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidfx.run.bench.visible_gpus", lambda: ("0",))
    events: list[Event] = []
    settings = Settings(video=False, emotion="none")
    found = bench(clip, settings, 2.0, events.append)
    assert [device.device for device in found.devices] == ["cpu"]
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert any(text.startswith("cuda: detector: ") for text in notices)
    with pytest.raises(UnavailableError):
        bench(clip, Settings(device="cuda"), 2.0, events.append)


def test_the_first_part_of_a_video_is_copied(clip: Path, tmp_path: Path) -> None:
    assert copy_first_part(clip, tmp_path / "part.mkv", 1.0)
    with (
        open_source(tmp_path / "part.mkv", planes=False)[0] as part,
        open_source(clip, planes=False)[0] as whole,
    ):
        pairs = list(zip(part, whole, strict=False))
    assert 29 <= len(pairs) <= 33
    for mine, theirs in pairs:
        np.testing.assert_array_equal(mine.rgb, theirs.rgb)
    (tmp_path / "no.mp4").write_text("no")
    assert not copy_first_part(tmp_path / "no.mp4", tmp_path / "other.mkv", 1.0)
    assert not copy_first_part(tmp_path, tmp_path / "other.mkv", 1.0)


def test_what_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("no")
    done = vidfx("bench", tmp_path / "no.mp4")
    assert done.exit_code == 1 and "no.mp4" in done.stderr and "Traceback" not in done.stderr
