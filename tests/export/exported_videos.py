"""A finished video with two people, hostile names and a gap, and its exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.saved.saved_videos import EMOTIONS, save_video
from tests.settled_frames import Reading, SettledFace, settled_of
from vidfx.export.formats import read_formats
from vidfx.export.video import export_video
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Labels, Settled
from vidfx.types import Frame

HOSTILE = 'Zoë, "B" --> {\\pos(1,1)}\n<b>&amp;</b> 李'
"""A name with what each format could read as a command."""
RATE = 25


def face(track: int, x: float, emotion: str | None = "happy", *, measured: bool = True):
    """A face of 40 x 50 px at ``x``."""
    probs = tuple(0.7 if name == emotion else 0.1 for name in EMOTIONS)
    return SettledFace(
        track_id=track,
        box=np.array([x, 20, x + 40, 70], np.float32),
        landmarks=np.full((5, 2), x + 20, np.float32),
        source="detected" if measured else "interpolated",
        score=0.75 if measured else None,
        quality=(0.5, 0.5, 1.0) if measured else None,
        emotion=Reading(emotion, 0.7, probs),
        emotion_reason="" if emotion else "low_confidence",
    )


def settled(
    faces: Sequence[Sequence[SettledFace]],
    names: dict[int, str] | None = None,
    cuts: Sequence[int] = (),
) -> Iterator[Settled]:
    """``faces`` of each frame, 25 a second; ``names`` of people by track."""
    for index, some in enumerate(faces):
        pixels = np.zeros((2, 2, 3), np.uint8)
        one = settled_of(Frame(index, index * 512, pixels), some, EMOTIONS)
        frame = replace(one.frames[0], time_s=index / RATE, cut=index in cuts)
        if names is not None:
            texts = tuple(sorted({*names.values(), "unknown"}))
            chosen = [texts.index(names.get(f.track_id, "unknown")) for f in some]
            labels = Labels(texts, np.array(chosen, np.int64), np.full(len(some), 0.9))
            one = replace(one, faces=replace(one.faces, identity=labels, raw_identity=labels))
        yield replace(one, frames=[frame])


def two_people(folder: Path, **changes: Any) -> SavedVideo:
    """100 frames: track 1, whose name is hostile, in 0 to 39 and 60 to 99, measured on every fifth;
    track 2 without a name in 10 to 99, from 50 on sad. Cuts at 50 and 60. ``changes`` are of the
    summary.
    """
    frames: list[list[SettledFace]] = []
    for index in range(100):
        some: list[SettledFace] = []
        if index < 40 or index >= 60:
            some.append(face(1, 10 + index, measured=index % 5 == 0))
        if index >= 10:
            some.append(face(2, 300, "sad" if index >= 50 else "happy"))
        frames.append(some)
    rows = settled(frames, {1: HOSTILE}, cuts=(50, 60))
    return save_video(folder, rows, recognises=True, **changes)


def exported(video: SavedVideo, kind: str, folder: Path) -> list[Path]:
    return export_video(video, read_formats(kind), folder)
