"""ONE picture of a data set, from its pixels to the crop that ``annotate`` would cut.

Such a picture shows one face, which fills most of it. The detector gets it at 105 px, its longer
side, in the middle of a canvas of 160 px on which its edge pixels are repeated. The face is cut
from the picture at its own size, or from the canvas where the picture has 105 px or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vidfx.stages.align import crops
from vidfx.stages.detect import Detector
from vidfx.types import Frame
from vidfx_engines.spec import CropSpec

INNER = 105
"px, longer side of the picture on the canvas"
CANVAS = 160
"px, side of the canvas"
THRESHOLD = 0.4
"least score of a face: below the detectors' own, as each picture has one"


@dataclass(frozen=True)
class OnCanvas:
    """A picture, prepared for the detector."""

    grey: bool
    "whether its channels are equal"
    canvas: np.ndarray
    "(160, 160, 3) uint8 RGB"
    corner: tuple[int, int]
    "px, left and top of ``pixels`` on the canvas"
    pixels: np.ndarray
    "(H, W, 3) uint8 RGB, what the face is cut from: the picture, or the canvas of a small one"
    scale: float
    "px of ``pixels`` per px of the canvas, 1 or more"


def on_canvas(pixels: np.ndarray) -> OnCanvas:
    """Prepare a picture (H, W, 3) uint8 RGB."""
    height, width = pixels.shape[:2]
    scale = max(height, width) / INNER
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    grey = bool((pixels == pixels[..., :1]).all())
    # cv2 rounds otherwise with three channels than with one
    inner = cv2.resize(pixels[..., 0] if grey else pixels, size, interpolation=method)
    left, top = (CANVAS - size[0]) // 2, (CANVAS - size[1]) // 2
    right, bottom = CANVAS - size[0] - left, CANVAS - size[1] - top
    canvas = cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)
    if grey:
        canvas = np.repeat(canvas[..., None], 3, axis=2)
    if scale <= 1:
        return OnCanvas(grey, canvas, (0, 0), canvas, 1.0)
    return OnCanvas(grey, canvas, (left, top), pixels, scale)


def best_faces(detector: Detector, items: Sequence[OnCanvas]) -> list[np.ndarray | None]:
    """Landmarks (5, 2) in px of the canvas of the face with the best score, None without a face."""
    found = detector([Frame(i, 0, item.canvas) for i, item in enumerate(items)])
    best: list[np.ndarray | None] = [None] * len(items)
    for row in reversed(range(len(found.frame))):  # the best face of a frame is its first
        best[found.frame[row]] = found.landmarks[row]
    return best


def cut_face(item: OnCanvas, landmarks: np.ndarray, crop: CropSpec) -> bytes:
    """The face as a PNG file, with one channel if the picture is grey.

    ``landmarks`` (5, 2) are in px of the canvas.
    """
    marks = (landmarks - item.corner) * item.scale
    face = crops(item.pixels, marks[None], crop.template, crop.size)[0]
    encoded, data = cv2.imencode(".png", face[..., 0] if item.grey else face[..., ::-1])
    assert encoded
    return data.tobytes()
