"""Rows to correct, and what is left to see of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tests.saved.saved_videos import EMOTIONS
from tests.settled_frames import Reading, SettledFace, frame_by_frame, settled_of
from vidfx.corrections.line import COLUMNS, Correction, parse
from vidfx.stages.settled import Labels, Settled, SettledFaces
from vidfx.types import Frame

RATE = 25
Seen = dict[int, list[int]]
"""The frames of each track."""


def rows(tracks: Mapping[int, Iterable[int]], frames: int = 50) -> list[Settled]:
    """``frames`` frames of 1/25 s; each track has a face of its own on those given."""
    at = {track: set(some) for track, some in tracks.items()}
    return [_frame(index, [t for t in at if index in at[t]]) for index in range(frames)]


def _frame(index: int, tracks: Sequence[int]) -> Settled:
    faces = [
        SettledFace(
            track_id=track,
            box=np.array([10.0 * track, 20, 10.0 * track + 40, 60]),
            landmarks=np.full((5, 2), 30.0),
            score=0.75,
            quality=(0.5, 0.25, 1.0),
            emotion=Reading("sad", 0.5, (0.125, 0.25, 0.125, 0.5)),
        )
        for track in sorted(tracks)
    ]
    return settled_of(Frame(index, index, np.zeros((2, 2, 3), np.uint8)), faces, EMOTIONS)


def together(settled: Sequence[Settled], sizes: Sequence[int]) -> Iterator[Settled]:
    """The same frames, so many at a time, by turns."""
    waiting = list(settled)
    for size in itertools.cycle(sizes):
        if not waiting:
            return
        some, waiting = waiting[:size], waiting[size:]
        frames = [frame for one in some for frame in one.frames]
        place = np.concatenate([one.place + number for number, one in enumerate(some)])
        yield Settled(frames, place, _joined([one.faces for one in some]))


def _joined(parts: Sequence[SettledFaces]) -> SettledFaces:
    whole = settled_of(
        Frame(0, 0, np.zeros((2, 2, 3), np.uint8)),
        [face for part in parts for face in _faces(part)],
        EMOTIONS,
    ).faces
    return whole


def _faces(part: SettledFaces) -> list[SettledFace]:
    frame = settled_of(Frame(0, 0, np.zeros((2, 2, 3), np.uint8)), [], EMOTIONS).frames[0]
    return frame_by_frame([Settled([frame], np.zeros(len(part), np.int64), part)])[0].faces


def lines(*texts: str) -> list[Correction]:
    """``track_id,from_s,to_s,action,value`` each."""
    return [
        parse(f"line {number}", dict(zip(COLUMNS, text.split(","), strict=True)), EMOTIONS)
        for number, text in enumerate(texts, 2)
    ]


def seen(settled: Iterable[Settled]) -> Seen:
    found: Seen = {}
    for frame in frame_by_frame(settled):
        for face in frame.faces:
            found.setdefault(face.track_id, []).append(frame.frame.index)
    return found


def names(settled: Iterable[Settled]) -> list[tuple[int, str | None, float]]:
    """Track, identity and its probability of each row."""
    found: list[tuple[int, str | None, float]] = []
    for some in settled:
        identity = some.faces.identity
        assert isinstance(identity, Labels)
        found += zip(
            some.faces.track.tolist(), identity.texts(), identity.prob.tolist(), strict=True
        )
    return found
