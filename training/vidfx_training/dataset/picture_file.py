"""Read one picture, and cut it to the crop of a classifier."""

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
    """(H, W, 3) uint8 RGB, upright by its EXIF data; grey pictures get three equal channels.

    Raises DataError where it cannot be read or has more than 100 million pixels.
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
    """``pixels`` (H, W, 3) as a crop (size, size, 3) by ``want``.

    ``have`` is how the picture was cut. For another template it is warped from the landmarks of one
    to those of the other. None means: it has the template of ``want``.
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
