"""Say where a new shot begins, from small pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vidfx.types import Frame

SIDE = 32
MIN_CHANGE = 20.0
RATIO = 3.0


@dataclass(frozen=True)
class Marked:
    """A frame and its place in its shot."""

    frame: Frame
    begins: bool
    "a new shot begins with it; never the first frame"
    edge: bool
    "it is the first or the last frame of its shot"


def mark(frames: Iterable[Frame]) -> Iterator[Marked]:
    """Mark the cuts: a frame that changes the picture far more than the frames around it do.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel),
    compared with the changes one frame before and after, as PySceneDetect's adaptive detector
    does: motion, fades and flashes change several frames in a row, a cut only one. Frames come
    out two late, since the frame after a cut decides whether it is one.
    """
    waiting: list[tuple[Frame, float]] = []
    thumbnail: np.ndarray | None = None
    first, begins = True, False

    def settle(cut_next: bool) -> Marked:
        nonlocal first, begins
        frame, _ = waiting.pop(0)
        marked = Marked(frame, begins, edge=first or begins or cut_next)
        first, begins = False, cut_next
        return marked

    before = 0.0
    for frame in frames:
        previous, thumbnail = thumbnail, _thumbnail(frame.rgb)
        change = 0.0 if previous is None else float(np.abs(thumbnail - previous).mean())
        waiting.append((frame, change))
        if len(waiting) == 3:
            yield settle(_is_cut(before, waiting[1][1], change))
            before = waiting[0][1]
    if len(waiting) == 2:
        yield settle(_is_cut(before, waiting[1][1], before))
    if waiting:
        yield settle(True)


def _is_cut(before: float, change: float, after: float) -> bool:
    return change > MIN_CHANGE and change > RATIO * (before + after) / 2


def _thumbnail(rgb: np.ndarray) -> np.ndarray:
    step = max(1, min(rgb.shape[:2]) // (4 * SIDE))
    small = cv2.resize(rgb[::step, ::step], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)
