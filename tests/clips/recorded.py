"""A recording with rows of a face on all of its frames, made without a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import SettledFace, settled_of
from tests.video.media import write_recording
from vidfx.jobs.content import content_hash
from vidfx.jobs.outcomes import Outcome
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.types import Frame
from vidfx.video.read.source import open_source


@dataclass
class Reported:
    """What was reported."""

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    notices: list[str] = field(default_factory=list[str])

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def report(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def recorded(folder: Path, name: str = "talk.mp4", begin: float = 0.0) -> tuple[SavedVideo, Path]:
    """Three seconds with a flash and a beep every half second, and rows of a face on all frames."""
    container = {".ts": "mpegts", ".avi": "avi"}.get(Path(name).suffix)
    source = write_recording(folder / name, seconds=3.0, begin=begin, container=container)
    return saved(source), source


def saved(source: Path) -> SavedVideo:
    reader, _ = open_source(source, planes=False)
    with reader:
        info, pts = reader.info, [frame.pts for frame in reader]
    face = SettledFace(1, np.array([10.0, 10, 30, 30]), np.zeros((5, 2)), score=0.9)
    settled: list[Settled] = []
    for number, ticks in enumerate(pts):
        one = settled_of(Frame(number, ticks, np.empty(0)), [face], EMOTIONS)
        frame = replace(one.frames[0], time_s=info.seconds(ticks))
        settled.append(replace(one, frames=[frame]))
    stat = source.stat()
    return save_video(
        source.parent / "results",
        settled,
        name=source.name,
        source=source,
        input={
            "path": source.name,
            "absolute_path": str(source),
            "width_px": info.width,
            "height_px": info.height,
            "frame_rate": float(info.frame_rate),
            "time_base": str(info.time_base),
            "start_pts": info.start_pts,
            "content_hash": {"hex": content_hash([source])},
        },
        fingerprint={"input": [[source.name, stat.st_size, stat.st_mtime_ns]]},
    )
