"""Folders of finished results whose report is made without a video or a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import Reading, SettledFace, settled_of
from vidfx.output.track_tally import TrackTally
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx.types import Frame

RATE = 25


def frames(
    count: int = 100, *, tracks: int = 2, every: int = 5, searches: bool = False
) -> Iterator[Settled]:
    """``tracks`` faces that move to the right, detected on every ``every``-th frame.

    The first is neutral, then happy from the middle on; others have no expression. ``searches``:
    the detector runs on the frames between too, and finds nothing.
    """
    for index in range(count):
        measured = index % every == 0
        faces = [
            SettledFace(
                track_id=track,
                box=np.array([20 * track + index, 30, 20 * track + index + 40, 80], float),
                landmarks=np.full((5, 2), 30.0),
                source="detected" if measured else "interpolated",
                score=0.75 if measured else None,
                quality=(0.5, 0.5, 1.0) if measured else None,
                emotion=_emotion(track, index < count / 2),
                emotion_reason="" if track == 1 else "low_confidence",
                raw_emotion=_emotion(track, index < count / 2) if measured else None,
            )
            for track in range(1, tracks + 1)
        ]
        some = settled_of(Frame(index, index, np.zeros((2, 2, 3), np.uint8)), faces, EMOTIONS)
        yield replace(some, frames=[replace(some.frames[0], analysed=measured or searches)])


def _emotion(track: int, begins: bool) -> Reading:
    probs = (0.0, 0.25, 0.75, 0.0) if begins else (0.0, 0.75, 0.25, 0.0)
    label = ("neutral" if begins else "happy") if track == 1 else None
    return Reading(label, 0.75, probs)


def reported(
    folder: Path, name: str = "talk.mp4", *, count: int = 100, tracks: int = 2
) -> SavedVideo:
    """A finished video with these frames, and a summary that counts its tracks."""
    tally = TrackTally(1 / RATE)
    for some in frames(count, tracks=tracks):
        tally.add(some)
    described = {
        "path": name,
        "absolute_path": str(folder / name),
        "width_px": 640,
        "height_px": 360,
        "frame_rate": float(RATE),
        "time_base": f"1/{RATE}",
    }
    rows = frames(count, tracks=tracks)
    return save_video(folder, rows, name=name, input=described, tracks=tally.described())
