"""What is drawn on a frame, as pixels of its I420 buffer that are blended with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np


class Stamp(NamedTuple):
    """The pixels of some pieces, each at most once, as if every piece began at (0, 0).

    Its arrays never change, so that they can be kept on a GPU by their identity.
    """

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


def steps(drawings: Iterable[Drawing]) -> list[list[Drawing]]:
    """``drawings`` in as few steps as possible, later ones over earlier ones.

    Those of a step have no pixel in common.
    """
    found: list[list[Drawing]] = []
    before: list[tuple[int, int, int, int, int]] = []
    for drawing in drawings:
        x0, y0, x1, y1 = drawing.rect
        step = 0
        for left, top, right, bottom, number in before:
            if x0 < right and left < x1 and y0 < bottom and top < y1 and number >= step:
                step = number + 1
        before.append((x0, y0, x1, y1, step))
        if step == len(found):
            found.append([])
        found[step].append(drawing)
    return found


def draw(step: Sequence[Drawing], flat: np.ndarray) -> None:
    """Change a flat I420 buffer in place: a pixel becomes ``pixel * keep / 255 + add``."""
    stamps = [one.stamp for one in step]
    place = np.concatenate([one.place for one in stamps])
    begins = [begin for one in step for begin in one.begins]
    place += np.repeat(begins, np.concatenate([one.counts for one in stamps]))
    pixels = flat.take(place)
    cv2.multiply(pixels, np.concatenate([one.keep for one in stamps]), pixels, 1 / 255)
    cv2.add(pixels, np.concatenate([one.add for one in stamps]), pixels)
    flat[place] = pixels
