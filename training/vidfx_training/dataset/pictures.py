"""Read one picture, and cut it as a classifier wants it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from vidfx_engines.spec import CropSpec
from vidfx_engines.templates import TEMPLATES, similarity
from vidfx_training.errors import DataError

MAX_PIXELS = 100_000_000


def read_picture(file: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB, turned upright as its EXIF data says; grey ones have three equal planes.

    Raises DataError, one line with the file, where it cannot be read.
    """
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(f"{picture.width} x {picture.height} pixels are too many")
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{file}: cannot be read as a picture: {error}", hint="remove it or save it again"
        ) from error


def as_crop(pixels: np.ndarray, have: CropSpec | None, want: CropSpec) -> np.ndarray:
    """``pixels`` (H, W, 3) as a crop (size, size, 3) of ``want``.

    ``have`` says how the picture was cut; where another template is wanted, it is cut again by
    the landmarks of the two. None takes the picture to be a crop of the wanted kind already.
    """
    size = want.size
    if have is not None and have.template != want.template:
        scale = np.array([pixels.shape[1], pixels.shape[0]], float)
        matrix = similarity(TEMPLATES[have.template][None] * scale, TEMPLATES[want.template] * size)
        return cv2.warpAffine(
            pixels, matrix[0], (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    if pixels.shape[:2] == (size, size):
        return pixels
    shrinks = pixels.shape[0] * pixels.shape[1] > size * size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(pixels, (size, size), interpolation=method)
