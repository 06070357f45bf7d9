"""Say where a new shot begins, from small pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vidfx.types import Frame

SIDE = 32
MIN_CHANGE = 22.0
RATIO = 3.5
MEMORY = 0.8


class CutFinder:
    """A frame begins a shot when it differs from the one before it far more than frames lately did.

    The change is the mean absolute difference of 32 x 32 px thumbnails (0..255 a channel), as in
    PySceneDetect's adaptive detector; motion and fades raise the running mean, a cut does not
    wait for it.
    """

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._usual = 0.0

    def __call__(self, rgb: np.ndarray) -> bool:
        """Whether a new shot begins with this frame (H, W, 3); never the first one."""
        step = max(1, min(rgb.shape[:2]) // (4 * SIDE))
        small = cv2.resize(rgb[::step, ::step], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        before, self._before = self._before, small
        if before is None:
            return False
        change = float(np.abs(small.astype(np.int16) - before).mean())
        is_cut = change > MIN_CHANGE and change > RATIO * self._usual
        if not is_cut:
            self._usual = MEMORY * self._usual + (1 - MEMORY) * change
        return is_cut


@dataclass(frozen=True)
class Marked:
    """A frame and its place in its shot."""

    frame: Frame
    begins: bool
    "a new shot begins with it; never the first frame"
    edge: bool
    "it is the first or the last frame of its shot"


def mark(frames: Iterable[Frame]) -> Iterator[Marked]:
    """Mark the cuts, one frame late, since the last frame of a shot is known by the next one."""
    is_cut = CutFinder()
    before: Frame | None = None
    begins = first = False
    for frame in frames:
        cut = is_cut(frame.rgb)
        if before is not None:
            yield Marked(before, begins, edge=first or cut)
        before, begins, first = frame, cut, cut or before is None
    if before is not None:
        yield Marked(before, begins, edge=True)
