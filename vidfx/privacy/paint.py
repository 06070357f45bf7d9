"""Masks painted onto I420 planes, and onto RGB."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vidfx.hide_settings import How
from vidfx.overlay.yuv import YuvPlanes

LUMA, CHROMA, GREY = 40, 128, 28
"""Of what is solid: a dark grey, in planes and in RGB."""
BLOCKS = 6
"""Along the longer side of a mask, which is 1.6 faces long or more: some four over a face."""


def paint_masks(planes: np.ndarray, size: tuple[int, int], boxes: np.ndarray, how: How) -> None:
    """Hide ``boxes`` (M, 4) xyxy px on (H * 3 / 2, W) uint8 I420 planes of ``size``, in place.

    ``size`` is the even width and height of the planes. What is outside of the picture is cut off.
    """
    views = YuvPlanes.of(planes, *size)
    for box in boxes:
        x0, y0, x1, y1 = _even(box, size)
        if x0 >= x1 or y0 >= y1:
            continue
        for plane, share in ((views.y, 1), (views.u, 2), (views.v, 2)):
            part = plane[y0 // share : y1 // share, x0 // share : x1 // share]
            if how == "solid":
                part[:] = LUMA if share == 1 else CHROMA
            elif how == "ellipse":
                _fill_ellipse(plane, box / share, LUMA if share == 1 else CHROMA)
            else:
                _coarsen(part, _block(box) / share, smooth=how == "blur")


def hidden_rgb(rgb: np.ndarray, boxes: np.ndarray, how: How) -> np.ndarray:
    """A copy of (H, W, 3) uint8 in which ``boxes`` (M, 4) xyxy px are hidden."""
    hidden = rgb.copy()
    height, width = rgb.shape[:2]
    for box in boxes:
        x0, y0, x1, y1 = _even(box, (width, height))
        if x0 >= x1 or y0 >= y1:
            continue
        part = hidden[y0:y1, x0:x1]
        if how == "solid":
            part[:] = GREY
        elif how == "ellipse":
            _fill_ellipse(hidden, box, GREY)
        else:
            _coarsen(part, _block(box), smooth=how == "blur")
    return hidden


def _even(box: np.ndarray, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box in even px, not smaller than it is, cut at the edges of the picture."""
    x0, y0 = (max(0, 2 * math.floor(v / 2)) for v in box[:2].tolist())
    x1, y1 = (min(n, 2 * math.ceil(v / 2)) for v, n in zip(box[2:].tolist(), size, strict=True))
    return x0, y0, x1, y1


def _fill_ellipse(plane: np.ndarray, box: np.ndarray, value: int) -> None:
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    x, y = centre.round().astype(int).tolist()
    across, down = (np.ceil(half).astype(int) + 1).tolist()
    cv2.ellipse(plane, (x, y), (across, down), 0, 0, 360, (value,) * 3, cv2.FILLED)


def _block(box: np.ndarray) -> float:
    """The side of a block, px: the larger the face, the larger the block."""
    return max(2.0, float((box[2:] - box[:2]).max()) / BLOCKS)


def _coarsen(part: np.ndarray, block: float, *, smooth: bool) -> None:
    """Replace ``part`` by the means of its blocks, in blocks or, ``smooth``, with soft steps."""
    height, width = part.shape[:2]
    across, down = (max(1, round(n / block)) for n in (width, height))
    small = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    part[:] = cv2.resize(small, (width, height), interpolation=way)
