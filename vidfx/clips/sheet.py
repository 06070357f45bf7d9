"""One contact sheet: the faces of a track in rows, with their times and expressions."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vidfx.overlay.font import BOLD, REGULAR, Font
from vidfx.types import Stretch

SIDE = 160
"""Of a face with what is around it, px."""
MARGIN = 0.35
"""Around the box, of its longer side."""
_GAP, _TEXT, _TITLE = 8, 15, 18
_COLUMNS = 6
_BACKGROUND, _OUTSIDE, _FAINT, _INK = 250, 225, 110, 20


def cut_out(rgb: np.ndarray, box: Sequence[float], stretch: Stretch) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: the square around ``box``, xyxy px, with square pixels.

    Outside the picture it is grey.
    """
    x1, y1, x2, y2 = box
    wide, high = stretch
    side = max((x2 - x1) * wide, (y2 - y1) * high, 1.0) * (1 + 2 * MARGIN)
    scale = SIDE / side
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    reach = np.array([side / 2 / wide, side / 2 / high]) + 2
    height, width = rgb.shape[:2]
    most = np.array([width - 1, height - 1])
    left, top = np.clip(np.floor(middle - reach), 0, most).astype(int)
    right, bottom = np.clip(np.ceil(middle + reach), 0, most).astype(int) + 1
    part = np.ascontiguousarray(rgb[top:bottom, left:right])
    shrink = int(1 / scale)
    if shrink > 1:  # else single pixels would be picked
        part = cv2.blur(part, (shrink, shrink))
    x, y = middle - (left, top)
    to_sheet = np.array(
        [
            [wide * scale, 0, SIDE / 2 - x * wide * scale],
            [0, high * scale, SIDE / 2 - y * high * scale],
        ]
    )
    return cv2.warpAffine(part, to_sheet, (SIDE, SIDE), borderValue=(_OUTSIDE,) * 3)


def compose(
    title: str, subtitle: str, faces: Sequence[tuple[np.ndarray, str, str]], font: Font
) -> np.ndarray:
    """(H, W, 3) uint8 RGB: ``faces`` are pictures of SIDE px, each with two lines of text."""
    columns = min(_COLUMNS, len(faces))
    width = max(3, columns) * (SIDE + _GAP) + _GAP
    head = 2 * (_TITLE + _GAP) + _GAP
    cell = SIDE + 2 * (_TEXT + 4) + _GAP
    sheet = np.full((head + -(-len(faces) // columns) * cell, width, 3), _BACKGROUND, np.uint8)
    _write(sheet, title, (_GAP, _GAP), _TITLE, BOLD, width - 2 * _GAP, font)
    _write(sheet, subtitle, (_GAP, 2 * _GAP + _TITLE), _TEXT, REGULAR, width - 2 * _GAP, font)
    for number, (picture, first, second) in enumerate(faces):
        x, y = _GAP + number % columns * (SIDE + _GAP), head + number // columns * cell
        sheet[y : y + SIDE, x : x + SIDE] = picture
        _write(sheet, first, (x, y + SIDE + 2), _TEXT, BOLD, SIDE, font)
        _write(sheet, second, (x, y + SIDE + _TEXT + 6), _TEXT, REGULAR, SIDE, font)
    return sheet


def _write(
    sheet: np.ndarray,
    text: str,
    at: tuple[int, int],
    size: int,
    weight: int,
    width: int,
    font: Font,
) -> None:
    """``text``, shortened to ``width`` px, with its top left corner at ``at``."""
    mask = font.mask(font.shortened(text, size, weight, width), size, weight)
    top = round(0.4 * size)  # above the letters the mask is empty
    mask = mask[top : top + round(1.4 * size)]
    x, y = at
    part = sheet[y : y + mask.shape[0], x : x + mask.shape[1]]
    mask = mask[: part.shape[0], : part.shape[1], None]
    ink = _INK if weight == BOLD else _FAINT
    part[:] = np.round(part * (1 - mask) + ink * mask).astype(np.uint8)
