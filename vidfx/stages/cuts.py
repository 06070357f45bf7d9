"""Say where a new shot begins, from small pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vidfx.stages.pixels import sampled
from vidfx.types import Frame

SIDE = 32
MIN_CHANGE = 20.0
RATIO = 3.0
OTHER_PICTURE = 40.0
OTHER_COLOURS = 0.35
"""The share of pixels whose colour is new: 19 of 20 pairs of unrelated colour photographs."""


@dataclass(frozen=True)
class Marked:
    """A frame and its place in its shot."""

    frame: Frame
    begins: bool
    "a new shot begins with it; never the first frame"
    edge: bool
    "it is the first or the last frame of its shot"


@dataclass(frozen=True)
class _Look:
    thumbnail: np.ndarray
    change: float
    "from the frame before"


def mark(
    frames: Iterable[Frame], look: Callable[[Frame], np.ndarray] | None = None
) -> Iterator[Marked]:
    """Mark the cuts: a frame that changes the picture far more than the frames around it do.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel),
    compared with the changes one frame before and after, as PySceneDetect's adaptive detector
    does: motion, fades and flashes change several frames in a row, a cut only one. Where every
    frame is another picture, as in a folder of photographs, that says nothing; so a great change
    to other colours is a cut too, unless the picture is back after a flash of one frame.
    Frames come out two late, since the frame after a cut decides whether it is one. ``look``
    makes the thumbnail of a frame.
    """
    look = look or thumbnail
    waiting: list[Frame] = []
    looks: list[_Look] = []
    first, begins = True, False

    def settle(cut_next: bool) -> Marked:
        nonlocal first, begins
        marked = Marked(waiting.pop(0), begins, edge=first or begins or cut_next)
        first, begins = False, cut_next
        return marked

    for frame in frames:
        small = look(frame)
        change = float(np.abs(small - looks[-1].thumbnail).mean()) if looks else 0.0
        looks = [*looks[-3:], _Look(small, change)]
        waiting.append(frame)
        if len(waiting) == 3:
            yield settle(_is_cut(looks[:-2], looks[-2], looks[-1]))
    if len(waiting) == 2:
        yield settle(_is_cut(looks[-3:-1], looks[-1], None))
    if waiting:
        yield settle(True)


def _is_cut(past: Sequence[_Look], look: _Look, after: _Look | None) -> bool:
    """Whether a shot begins with ``look``; ``past`` is the one or two frames before it."""
    before = past[-1]
    around = (before.change + (after or before).change) / 2
    if look.change > MIN_CHANGE and look.change > RATIO * around:
        return True
    if not _is_other(look, before):
        return False
    flash_ends = len(past) > 1 and not _is_other(look, past[0])
    flash_begins = after is not None and not _is_other(after, before)
    return not flash_ends and not flash_begins


def _is_other(a: _Look, b: _Look) -> bool:
    """Whether two pictures differ in every place and in their colours: motion keeps the colours."""
    if np.abs(a.thumbnail - b.thumbnail).mean() <= OTHER_PICTURE:
        return False
    return float(np.abs(_colours(a) - _colours(b)).sum() / 2) > OTHER_COLOURS


def _colours(look: _Look) -> np.ndarray:
    """Histogram (512,) of the thumbnail's colours, in shares of its pixels."""
    cell = (look.thumbnail // 32).astype(np.int64) @ np.array([1, 8, 64])
    return np.bincount(cell.ravel(), minlength=512) / cell.size


def thumbnail(frame: Frame, matrix: int = 2) -> np.ndarray:
    """(SIDE, SIDE, 3) float32 RGB; ``matrix`` is that of the frame's planes."""
    return sampled(frame, matrix, SIDE).astype(np.float32)
