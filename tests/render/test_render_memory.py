"""Drawing twenty minutes again needs no more memory than drawing two."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import clips
from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import Reading, SettledFace, settled_of
from tests.vidfx_command import start
from vidfx.jobs.content import content_hash
from vidfx.stages.settled import Settled
from vidfx.types import Frame

SIZE, SECONDS = (128, 72), 4
TICKS = 15_360
"""A second, in the time base of the clip."""


def rows(frames: int, step: int) -> Iterator[Settled]:
    landmarks = np.full((5, 2), 30, np.float32)
    reading = Reading("happy", 0.9, (0.0, 0.9, 0.1, 0.0))
    for index in range(frames):
        box = np.array([20 + index % 7, 10, 60, 55], np.float32)
        face = SettledFace(1 + index // 90, box, landmarks, score=0.9, emotion=reading)
        yield settled_of(Frame(index, index * step, np.empty(0)), [face], EMOTIONS)


def peak_mb(part: Path, times: int, folder: Path) -> float:
    """Peak resident memory, in MB, of `vidfx render` of ``part`` after itself ``times`` times."""
    source = clips.loop(part, folder / f"{times}.mp4", times)
    stat = source.stat()
    video = save_video(
        folder / f"results{times}",
        rows(times * SECONDS * clips.RATE, TICKS // clips.RATE),
        name=source.name,
        fingerprint={
            "input": [[source.name, stat.st_size, stat.st_mtime_ns]],
            "settings": {"start": None, "end": None},
        },
        input={
            "path": source.name,
            "absolute_path": str(source),
            "width_px": SIZE[0],
            "height_px": SIZE[1],
            "frame_rate": float(clips.RATE),
            "time_base": f"1/{TICKS}",
            "content_hash": {"hex": content_hash([source])},
        },
    )
    options = ("--preset", "ultrafast", "--threads", 1, "--quiet")
    process = start("render", video.path, *options, quiet=True)
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert isinstance(usage, resource.struct_rusage)
    return usage.ru_maxrss / 1024


@pytest.mark.slow
def test_twenty_minutes_take_no_more_memory_than_two(tmp_path: Path) -> None:
    part = tmp_path / "part.mp4"
    clips.write_clip(part, clips.demo_frames(SIZE, seconds=SECONDS), SIZE)
    short = peak_mb(part, 30, tmp_path)
    long = peak_mb(part, 300, tmp_path)
    print(f"peak memory: two minutes {short:.0f} MB, twenty minutes {long:.0f} MB")
    assert long < 1.15 * short
