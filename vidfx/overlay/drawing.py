"""What is drawn on a frame, as pixels of its I420 buffer that are blended with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np


class Stamp(NamedTuple):
    """The pixels of some pieces, each at most once, as if every piece began at (0, 0)."""

    place: np.ndarray
    "(N,) int64, in the I420 buffer"
    keep: np.ndarray
    "(N,) uint8, as in Overlay"
    add: np.ndarray
    "(N,) uint8, as in Overlay"
    counts: np.ndarray
    "how many belong to each piece"


class Drawing(NamedTuple):
    """A stamp, and where it is."""

    stamp: Stamp
    begins: Sequence[int]
    "what the place of each piece begins at"
    rect: tuple[int, int, int, int]
    "left, top, right and bottom, px: nothing is outside"


class Blend(NamedTuple):
    """Pixels that become ``pixel * keep / 255 + add``, each at most once."""

    place: np.ndarray
    "(N,) int64, in the I420 buffer"
    keep: np.ndarray
    "(N,) uint8"
    add: np.ndarray
    "(N,) uint8"

    def apply(self, flat: np.ndarray) -> None:
        """Change a flat I420 buffer in place."""
        pixels = flat.take(self.place)
        cv2.multiply(pixels, self.keep, pixels, 1 / 255)
        cv2.add(pixels, self.add, pixels)
        flat[self.place] = pixels


def blends(drawings: Iterable[Drawing]) -> Iterator[Blend]:
    """``drawings`` in as few steps as possible, later ones over earlier ones."""
    steps: list[list[Drawing]] = []
    before: list[tuple[int, int, int, int, int]] = []
    for drawing in drawings:
        x0, y0, x1, y1 = drawing.rect
        step = 0
        for left, top, right, bottom, number in before:
            if x0 < right and left < x1 and y0 < bottom and top < y1 and number >= step:
                step = number + 1
        before.append((x0, y0, x1, y1, step))
        if step == len(steps):
            steps.append([])
        steps[step].append(drawing)
    return map(_joined, steps)


def _joined(drawings: Sequence[Drawing]) -> Blend:
    """One blend of drawings that have no pixel in common."""
    stamps = [one.stamp for one in drawings]
    place = np.concatenate([one.place for one in stamps])
    begins = [begin for one in drawings for begin in one.begins]
    place += np.repeat(begins, np.concatenate([one.counts for one in stamps]))
    keep, add = (np.concatenate([one[i] for one in stamps]) for i in (1, 2))
    return Blend(place, keep, add)
