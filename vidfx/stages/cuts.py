"""Finds where a new shot starts, by comparing thumbnails of neighbouring frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vidfx.stages.pixels import sampled
from vidfx.types import Frame

SIDE = 32
"""Of thumbnails, px."""
MIN_CHANGE = 20.0
RATIO = 3.0
MIN_DIFFERENCE = 40.0
"""Mean difference of two unrelated pictures, at least."""
MIN_NEW_COLOURS = 0.35
"""The share of pixels whose colour is new: 19 of 20 pairs of unrelated colour photographs."""


@dataclass(frozen=True)
class MarkedFrame:
    """A frame and its place in its shot."""

    frame: Frame
    starts_shot: bool
    "never true of the first frame"
    at_shot_edge: bool
    "it is the first or the last frame of its shot"


@dataclass(frozen=True)
class _Thumbnail:
    pixels: np.ndarray
    change: float
    "mean absolute difference from the frame before"


def mark(
    frames: Iterable[Frame], make_thumbnail: Callable[[Frame], np.ndarray] | None = None
) -> Iterator[MarkedFrame]:
    """Mark the cuts: a frame that changes the picture far more than the frames around it do.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel),
    compared with the changes one frame before and after, as PySceneDetect's adaptive detector
    does: motion, fades and flashes change several frames in a row, a cut only one. Where every
    frame is another picture, as in a folder of photographs, that finds nothing; so a great change
    to other colours is a cut too, unless the picture is back after a flash of one frame.
    Frames come out two late, since the frame after a cut decides whether it is one.
    ``make_thumbnail`` gives (32, 32, 3) float32; ``thumbnail`` by default.
    """
    make_thumbnail = make_thumbnail or thumbnail
    waiting: list[Frame] = []
    recent: list[_Thumbnail] = []
    first, starts = True, False

    def release(cut_next: bool) -> MarkedFrame:
        nonlocal first, starts
        marked = MarkedFrame(waiting.pop(0), starts, at_shot_edge=first or starts or cut_next)
        first, starts = False, cut_next
        return marked

    for frame in frames:
        pixels = make_thumbnail(frame)
        change = float(np.abs(pixels - recent[-1].pixels).mean()) if recent else 0.0
        recent = [*recent[-3:], _Thumbnail(pixels, change)]
        waiting.append(frame)
        if len(waiting) == 3:
            yield release(_is_cut(recent[:-2], recent[-2], recent[-1]))
    if len(waiting) == 2:
        yield release(_is_cut(recent[-3:-1], recent[-1], None))
    if waiting:
        yield release(True)


def _is_cut(past: Sequence[_Thumbnail], now: _Thumbnail, after: _Thumbnail | None) -> bool:
    """Whether a shot starts with ``now``; ``past`` is the one or two frames before it."""
    before = past[-1]
    around = (before.change + (after or before).change) / 2
    if now.change > MIN_CHANGE and now.change > RATIO * around:
        return True
    if not _are_unrelated(now, before):
        return False
    flash_ends = len(past) > 1 and not _are_unrelated(now, past[0])
    flash_begins = after is not None and not _are_unrelated(after, before)
    return not flash_ends and not flash_begins


def _are_unrelated(a: _Thumbnail, b: _Thumbnail) -> bool:
    """Whether two pictures differ in pixels and in their colours: motion keeps the colours."""
    if np.abs(a.pixels - b.pixels).mean() <= MIN_DIFFERENCE:
        return False
    return float(np.abs(_histogram(a) - _histogram(b)).sum() / 2) > MIN_NEW_COLOURS


def _histogram(of: _Thumbnail) -> np.ndarray:
    """(512,) shares of the pixels by colour."""
    cell = (of.pixels // 32).astype(np.int64) @ np.array([1, 8, 64])
    return np.bincount(cell.ravel(), minlength=512) / cell.size


def thumbnail(frame: Frame, matrix: int = 2) -> np.ndarray:
    """(SIDE, SIDE, 3) float32 RGB; ``matrix`` is that of the frame's planes."""
    return sampled(frame, matrix, SIDE).astype(np.float32)
