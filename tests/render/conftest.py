"""A clip with rows of a face, as if it had been annotated."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import Reading, SettledFace, settled_of
from vidfx.jobs.content import content_hash
from vidfx.render.task import RenderJob, RenderOutputs
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.types import Frame
from vidfx.video.read.source import open_source

BOX = (100, 80, 180, 180)
Save = Callable[..., SavedVideo]


@pytest.fixture
def source(clip: Path, tmp_path: Path) -> Path:
    place = tmp_path / "recordings" / "day" / "talk.mp4"
    place.parent.mkdir(parents=True)
    return Path(shutil.copy(clip, place))


@pytest.fixture
def save(source: Path, tmp_path: Path) -> Save:
    """Writes rows of one face on each frame of the source; keywords change the summary."""

    def rows(pts: list[int]) -> Iterator[Settled]:
        for index, ticks in enumerate(pts):
            face = SettledFace(
                1 + index % 2,
                np.array(BOX, np.float32),
                np.full((5, 2), 120, np.float32),
                score=0.9,
                emotion=Reading("happy", 0.9, (0.0, 0.9, 0.1, 0.0)),
            )
            yield settled_of(Frame(index, ticks, np.empty(0)), [face], EMOTIONS)

    def saved(*, shift: int = 0, **changes: Any) -> SavedVideo:
        reader, _ = open_source(source, planes=False)
        with reader:
            info, pts = reader.info, [frame.pts + shift for frame in reader]
        stat = source.stat()
        summary = {
            "fingerprint": {
                "input": [[source.name, stat.st_size, stat.st_mtime_ns]],
                "settings": {"start": None, "end": None},
            },
            "input": {
                "path": source.name,
                "absolute_path": str(source),
                "width_px": info.width,
                "height_px": info.height,
                "frame_rate": float(info.frame_rate),
                "time_base": str(info.time_base),
                "content_hash": {"hex": content_hash([source])},
            },
            "tracks": [{"track_id": number, "identity": None} for number in (1, 2)],
        }
        return save_video(tmp_path / "results" / "day", rows(pts), **summary | changes)

    return saved


def job_of(video: SavedVideo) -> RenderJob:
    return RenderJob(video.path, RenderOutputs.of(video.path.with_name(video.name)))
