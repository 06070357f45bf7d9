"""The face of somebody in a photograph, or the best ones of a person in a video."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from vidfx.annotation.source_faces import PicturedFaces
from vidfx.stages import align
from vidfx.stages.settled import DETECTED, SettledFaces
from vidfx.types import SQUARE, Stretch
from vidfx_engines.spec import CropSpec

LEAST_SHARPNESS, LEAST_FRONTALITY = 0.2, 0.25
"""Parts of align.quality. 0.1 and 0.3 % of LFW's photographs are below them."""
ALSO_LARGE = 0.25
"""A second face counts from this share of the largest one's area on: smaller ones are behind."""
MOST_OF_TRACK = 8
"""Faces of one track of a video, spread over its time."""
THUMBNAIL_PX = 112


@dataclass(frozen=True)
class Limits:
    """Which faces can be enrolled, and how they are cut for the engine."""

    crop: CropSpec
    min_face: float
    "px, shorter side of the box"
    stretch: Stretch = SQUARE
    "of the source's pixels"

    def fault(self, faces: SettledFaces, row: int) -> str | None:
        """Why a face cannot be enrolled, in a few words; None if it can."""
        side = float(align.shorter_side(faces.box[row : row + 1], self.stretch)[0])
        _, sharpness, frontality = faces.quality[row].tolist()
        if side < self.min_face:
            return f"too small: the face is {side:.0f} px wide, {self.min_face:g} are needed"
        if sharpness < LEAST_SHARPNESS:
            return "blurred"
        return "turned away" if frontality < LEAST_FRONTALITY else None


@dataclass(frozen=True)
class FoundFace:
    """A face that can be enrolled."""

    crop: np.ndarray
    "(S, S, 3) uint8 RGB, for the engine"
    thumbnail: np.ndarray
    "(112, 112, 3) uint8 RGB"
    box: tuple[float, float, float, float]
    "xyxy, px"
    quality: float
    "size x sharpness x frontality"
    time_s: float
    "playback time in a video"


def photograph_face(frames: Iterable[PicturedFaces], limits: Limits) -> FoundFace | str:
    """The one face of a photograph, or why there is none that can be enrolled."""
    ((time_s, rgb, faces),) = frames
    rows: list[int] = np.flatnonzero(faces.source == DETECTED).tolist()
    if not rows:
        return "no face was found"
    area = {row: float(np.prod(faces.box[row, 2:] - faces.box[row, :2])) for row in rows}
    largest = max(rows, key=area.__getitem__)
    if len(large := [row for row in rows if area[row] >= ALSO_LARGE * area[largest]]) > 1:
        return f"{len(large)} faces: crop the picture to the person's"
    return limits.fault(faces, largest) or _cut(time_s, rgb, faces, largest, limits)


def video_faces(
    frames: Iterable[PicturedFaces], limits: Limits, tracks: Collection[int]
) -> list[FoundFace] | str:
    """The best faces of the one person in a video, or of ``tracks``; or why there are none."""
    found: dict[int, _BestOfTrack] = {}
    fault = "no face was found"
    for time_s, rgb, faces in frames:
        for row in np.flatnonzero(faces.source == DETECTED).tolist():
            track = int(faces.track[row])
            if tracks and track not in tracks:
                continue
            if (why := limits.fault(faces, row)) is not None:
                fault = f"no face that can be used; the last one: {why}"
                continue
            best = found.setdefault(track, _BestOfTrack())
            if best.wants(time_s, float(faces.quality[row].prod())):
                best.add(_cut(time_s, rgb, faces, row, limits))
    if not found:
        return f"no such track: {', '.join(map(str, tracks))}" if tracks else fault
    if len(found) > 1 and not tracks:
        spans = (f"{t} ({best.span})" for t, best in sorted(found.items()))
        return f"{len(found)} tracks: {', '.join(spans)}; name the person's with --track"
    return [face for _, best in sorted(found.items()) for face in best.chosen()]


class _BestOfTrack:
    """The best face in each window of a track's time; windows grow, so that they stay few."""

    def __init__(self) -> None:
        self._window_s = 0.5
        self._faces: dict[int, FoundFace] = {}
        "by number of the window"

    def wants(self, time_s: float, quality: float) -> bool:
        kept = self._faces.get(int(time_s / self._window_s))
        return kept is None or quality > kept.quality

    def add(self, face: FoundFace) -> None:
        self._faces[int(face.time_s / self._window_s)] = face
        if len(self._faces) > 2 * MOST_OF_TRACK:
            self._window_s *= 2
            faces = sorted(self._faces.values(), key=lambda f: f.quality)
            self._faces = {int(f.time_s / self._window_s): f for f in faces}

    def chosen(self) -> list[FoundFace]:
        """At most MOST_OF_TRACK, in order of time."""
        best = sorted(self._faces.values(), key=lambda f: -f.quality)[:MOST_OF_TRACK]
        return sorted(best, key=lambda f: f.time_s)

    @property
    def span(self) -> str:
        times = [face.time_s for face in self._faces.values()]
        return f"{min(times):.1f} to {max(times):.1f} s"


def _cut(
    time_s: float, rgb: np.ndarray, faces: SettledFaces, row: int, limits: Limits
) -> FoundFace:
    marks = faces.landmarks[row : row + 1]
    crop, stretch = limits.crop, limits.stretch
    x1, y1, x2, y2 = (round(side, 1) for side in faces.box[row].tolist())
    return FoundFace(
        align.crops(rgb, marks, crop.template, crop.size, stretch)[0],
        align.crops(rgb, marks, "arcface", THUMBNAIL_PX, stretch)[0],
        (x1, y1, x2, y2),
        round(float(faces.quality[row].prod()), 3),
        round(time_s, 3),
    )
