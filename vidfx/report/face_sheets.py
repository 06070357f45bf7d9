"""The best face of each track of a video, in one JPEG: taken from the source, a seek a track."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vidfx.errors import InputError
from vidfx.video.read.source import open_source

SIDE = 96
"px"
MARGIN = 0.25
"around the box, in sides of it"
MOST = 200
"""Tracks that get a picture; a JPEG has a limit, and so has a page."""
Box = tuple[float, float, float, float]


def face_sheet(source: Path, faces: Sequence[tuple[float, Box] | None]) -> bytes:
    """A JPEG of SIDE x (N * SIDE) px; of each face its playback time and its box (xyxy px).

    A face that is None or cannot be read is grey. Raises InputError where the source cannot be
    opened.
    """
    sheet = np.full((SIDE, SIDE * max(1, len(faces)), 3), 128, np.uint8)
    for number, face in enumerate(faces):
        picture = None if face is None else _picture(source, face[0])
        if face is not None and picture is not None:
            sheet[:, number * SIDE : (number + 1) * SIDE] = _cut(picture, face[1])
    bgr = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 82])[1].tobytes()


def _picture(source: Path, time_s: float) -> np.ndarray | None:
    reader, _ = open_source(source, "pyav", planes=False, start_s=max(0.0, time_s - 1e-4))
    with reader:
        try:
            frame = next(iter(reader), None)
        except InputError:
            return None
        return None if frame is None else frame.rgb


def _cut(picture: np.ndarray, box: Box) -> np.ndarray:
    """(SIDE, SIDE, 3): the square around the box, grey where it is outside the picture."""
    x1, y1, x2, y2 = box
    side = max(2, round(max(x2 - x1, y2 - y1) * (1 + 2 * MARGIN)))
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    square = np.full((side, side, 3), 128, np.uint8)
    part = picture[max(0, top) : top + side, max(0, left) : left + side]
    y, x = max(0, -top), max(0, -left)
    square[y : y + part.shape[0], x : x + part.shape[1]] = part
    return cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
