"""A file of the observations of one segment.

The segments of a long video are observed side by side. Then one tracker runs over all their
observations, so that a track continues from one segment to the next.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.stages.observed import Observations, ObservedFaces, ObservedFrame
from vidfx.stages.tracking.track import NONE, Tracker
from vidfx.types import NO_PIXELS, Frame

BATCH = 64
"""Frames that are loaded together."""
_FRAME = np.dtype("i8,i8,f8,?,?,?")
"""Index, pts, time_s, analysed, cut and checked."""
_FACES = [f.name for f in fields(ObservedFaces)]


def save(file: Path, observations: Iterable[Observations]) -> int:
    """Write observations, without pixels; returns the number of frames. Raises OSError."""
    frames: list[tuple[int, int, float, bool, bool, bool]] = []
    faces: list[ObservedFaces] = []
    for some in observations:
        frames += [
            (f.frame.index, f.frame.pts, f.time_s, f.analysed, f.cut, f.checked)
            for f in some.frames
        ]
        faces.append(some.faces)
    none: dict[str, Any] = dict.fromkeys(_FACES, np.zeros(0))
    columns = vars(ObservedFaces.joined(faces)) if faces else none
    with file.open("wb") as out:
        np.savez(out, frames=np.array(frames, _FRAME), **columns)
    return len(frames)


def load(file: Path) -> Iterator[Observations]:
    """What ``save`` wrote. Raises OSError, and ValueError where the file is damaged."""
    try:
        with np.load(file, allow_pickle=False) as content:
            frames = content["frames"].tolist()
            faces = ObservedFaces(*(content[name] for name in _FACES))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file}: not a file of observations") from error
    for first in range(0, len(frames), BATCH):
        some = [
            ObservedFrame(Frame(index, pts, NO_PIXELS), *rest)
            for index, pts, *rest in frames[first : first + BATCH]
        ]
        ends = np.searchsorted(faces.frame, [some[0].frame.index, some[-1].frame.index + 1])
        yield Observations(some, faces.rows(slice(*ends.tolist())))


def within(observations: Observations, holds: Callable[[float], bool]) -> Observations:
    """Those of the frames whose time, in s, ``holds`` accepts."""
    frames = [frame for frame in observations.frames if holds(frame.time_s)]
    faces = observations.faces
    kept = np.isin(faces.frame, [frame.frame.index for frame in frames])
    return Observations(frames, faces.rows(kept))


def follow(observations: Iterable[Observations], tracker: Tracker) -> Iterator[Observations]:
    """The same frames with the track numbers that ``tracker`` gives.

    Faces that had no track in their segment get none.
    """
    for some in observations:
        faces, end = some.faces, 0
        numbers = np.full(len(faces.frame), NONE)
        ends = np.searchsorted(faces.frame, [f.frame.index for f in some.frames], "right")
        for frame, until in zip(some.frames, ends.tolist(), strict=True):
            own, end = end + np.flatnonzero(faces.track[end:until] != NONE), until
            if frame.cut:
                tracker.cut()
            if frame.analysed:
                numbers[own] = tracker.update(
                    frame.time_s, faces.box[own], faces.score[own], check=frame.checked
                )
        yield Observations(some.frames, replace(faces, track=numbers))
