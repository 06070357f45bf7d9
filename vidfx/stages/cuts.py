"""Finds where a new shot starts, by comparing thumbnails of neighbouring frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from vidfx.stages.each import started
from vidfx.stages.pixels import sampled
from vidfx.types import Frame, FrameBatch

BATCH = 4
"""Frames whose thumbnails are compared at once: they all wait in memory."""
AHEAD = 2
"""Batches whose thumbnails are made in threads while others are compared."""
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


def mark(batches: Iterable[FrameBatch]) -> Iterator[MarkedFrame]:
    """Mark the cuts: a frame that changes the picture far more than the frames around it do.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel),
    compared with the changes one frame before and after, as PySceneDetect's adaptive detector
    does: motion, fades and flashes change several frames in a row, a cut only one. Where every
    frame is another picture, as in a folder of photographs, that finds nothing; so a great change
    to other colours is a cut too, unless the picture is back after a flash of one frame.
    Frames come out two late, since the frame after a cut decides whether it is one.
    """
    window = _Window()
    waiting: deque[Frame] = deque()
    first, starts = True, False

    def release(cut_next: bool) -> MarkedFrame:
        nonlocal first, starts
        marked = MarkedFrame(waiting.popleft(), starts, at_shot_edge=first or starts or cut_next)
        first, starts = False, cut_next
        return marked

    for batch in batches:
        waiting.extend(batch.frames)
        for cut_next in window.add(batch.thumbnails):
            yield release(cut_next)
    for cut_next in window.end():
        yield release(cut_next)
    if waiting:
        yield release(True)


class _Window:
    """The latest thumbnails: which of their frames start a shot."""

    def __init__(self) -> None:
        self._kept = np.zeros((0, SIDE, SIDE, 3), np.float32)
        "of the last frame, which is not judged yet, and of two before it"

    def add(self, thumbnails: np.ndarray) -> list[bool]:
        """Whether a cut is at each frame that now has a next one, except the first of the video."""
        first = max(1, len(self._kept) - 1)
        seen = np.concatenate([self._kept, thumbnails])
        self._kept = seen[-3:]
        return _cuts(seen, first)[:-1]

    def end(self) -> list[bool]:
        """Whether a cut is at the last frame, unless it is the first."""
        return _cuts(self._kept, max(1, len(self._kept) - 1))


def _cuts(seen: np.ndarray, first: int) -> list[bool]:
    """Whether a cut is at each frame from ``first`` on; ``seen`` are consecutive thumbnails."""
    change, unrelated = _compared(seen, 1)
    _, unrelated_to_second = _compared(seen, 2)
    cuts: list[bool] = []
    for now in range(first, len(seen)):
        after = now + 1 if now + 1 < len(seen) else None
        around = (change[now - 1] + change[now - 1 if after is None else after]) / 2
        if change[now] > MIN_CHANGE and change[now] > RATIO * around:
            cuts.append(True)
            continue
        flash_ends = now > 1 and not unrelated_to_second[now]
        flash_begins = after is not None and not unrelated_to_second[after]
        cuts.append(bool(unrelated[now]) and not flash_ends and not flash_begins)
    return cuts


def _compared(seen: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) mean absolute difference of each thumbnail from the one ``apart`` before it, and
    whether the two pictures are unrelated: they differ in pixels and in their colours, which
    motion keeps. 0 and False where there is none before it.
    """
    change = np.zeros(len(seen), np.float32)
    unrelated = np.zeros(len(seen), bool)
    if len(seen) > apart:
        change[apart:] = np.abs(seen[apart:] - seen[:-apart]).reshape(-1, SIDE * SIDE * 3).mean(1)
    for i in np.flatnonzero(change > MIN_DIFFERENCE):
        colours = np.abs(_histogram(seen[i]) - _histogram(seen[i - apart])).sum() / 2
        unrelated[i] = colours > MIN_NEW_COLOURS
    return change, unrelated


def _histogram(thumbnail: np.ndarray) -> np.ndarray:
    """(512,) shares of the pixels by colour."""
    cell = (thumbnail // 32).astype(np.int64) @ np.array([1, 8, 64])
    return np.bincount(cell.ravel(), minlength=512) / cell.size


def with_thumbnails(
    frames: Iterable[Frame], matrix: int = 2, threads: Executor | None = None
) -> Iterator[FrameBatch]:
    """Batches of up to BATCH frames; ``matrix`` is that of their planes.

    ``threads``, if given, make the thumbnails of a few batches ahead.
    """

    def thumbnails(batch: Sequence[Frame]) -> np.ndarray:
        return np.stack([sampled(frame, matrix, SIDE) for frame in batch]).astype(np.float32)

    iterator = iter(frames)
    waiting: deque[tuple[list[Frame], Callable[[], np.ndarray]]] = deque()
    while batch := list(islice(iterator, BATCH)):
        waiting.append((batch, started(partial(thumbnails, batch), threads)))
        if len(waiting) > (AHEAD if threads else 0):
            first, made = waiting.popleft()
            yield FrameBatch(first, made())
    for first, made in waiting:
        yield FrameBatch(first, made())
