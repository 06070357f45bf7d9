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
OTHER_PICTURE = 40.0


@dataclass(frozen=True)
class Marked:
    """A frame and its place in its shot."""

    frame: Frame
    begins: bool
    "a new shot begins with it; never the first frame"
    edge: bool
    "it is the first or the last frame of its shot"


@dataclass(frozen=True)
class _Waiting:
    frame: Frame
    change: float
    "from the frame before"
    twice: float
    "change from the frame before that one"


def mark(frames: Iterable[Frame]) -> Iterator[Marked]:
    """Mark the cuts: a frame that changes the picture far more than the frames around it do.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel),
    compared with the changes one frame before and after, as PySceneDetect's adaptive detector
    does: motion, fades and flashes change several frames in a row, a cut only one. Where every
    frame is another picture, such as in a folder of photographs, that says nothing; so a change
    above ``OTHER_PICTURE`` is a cut too, unless the picture is back after a flash of one frame.
    Frames come out two late, since the frame after a cut decides whether it is one.
    """
    waiting: list[_Waiting] = []
    first, begins = True, False

    def settle(cut_next: bool) -> Marked:
        nonlocal first, begins
        frame = waiting.pop(0).frame
        marked = Marked(frame, begins, edge=first or begins or cut_next)
        first, begins = False, cut_next
        return marked

    before = 0.0
    earlier: np.ndarray | None = None
    previous: np.ndarray | None = None
    for frame in frames:
        small = _thumbnail(frame.rgb)
        change = 0.0 if previous is None else _difference(small, previous)
        twice = np.inf if earlier is None else _difference(small, earlier)
        waiting.append(_Waiting(frame, change, twice))
        earlier, previous = previous, small
        if len(waiting) == 3:
            yield settle(_is_cut(before, waiting[1], change, twice))
            before = waiting[0].change
    if len(waiting) == 2:
        yield settle(_is_cut(before, waiting[1], before, np.inf))
    if waiting:
        yield settle(True)


def _is_cut(before: float, at: _Waiting, after: float, after_twice: float) -> bool:
    stands_out = at.change > MIN_CHANGE and at.change > RATIO * (before + after) / 2
    return stands_out or min(at.change, at.twice, after_twice) > OTHER_PICTURE


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).mean())


def _thumbnail(rgb: np.ndarray) -> np.ndarray:
    step = max(1, min(rgb.shape[:2]) // (4 * SIDE))
    small = cv2.resize(rgb[::step, ::step], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)
