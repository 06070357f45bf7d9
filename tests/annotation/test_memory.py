"""Memory does not grow with the length of a video."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from benchmarks import clips
from tests.vidfx_command import start

SIZE = (1280, 720)


def peak_mb(video: Path, out: Path) -> float:
    """Peak resident memory of a run of `vidfx annotate`, in MB."""
    options = ("--preset", "ultrafast", "--every", 6, "--quiet")
    process = start("annotate", video, "-o", out, *options, quiet=True)
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert isinstance(usage, resource.struct_rusage)
    return usage.ru_maxrss / 1024


@pytest.mark.slow
def test_ten_minutes_take_no_more_memory_than_one(tmp_path: Path) -> None:
    part = tmp_path / "part.mp4"
    clips.write_clip(part, clips.demo_frames(SIZE, seconds=10), SIZE)
    one = peak_mb(clips.loop(part, tmp_path / "one.mp4", 6), tmp_path / "out")
    ten = peak_mb(clips.loop(part, tmp_path / "ten.mp4", 60), tmp_path / "out")
    print(f"peak memory: 1 minute {one:.0f} MB, 10 minutes {ten:.0f} MB")
    assert ten < 1.15 * one
    assert ten < 700
