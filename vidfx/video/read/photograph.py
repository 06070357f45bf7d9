"""Reads one photograph: upright, as 8-bit RGB, with its colour profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vidfx.errors import NotMediaError, read_errors
from vidfx.video.read.image_source import has_more

_RGB_PROFILE = b"RGB "


@dataclass(frozen=True)
class Picture:
    """A photograph that was read."""

    rgb: np.ndarray
    "(H, W, 3) uint8, read-only"
    profile: np.ndarray | None
    "the bytes of its ICC profile, if it is one for RGB"
    has_more: bool
    "whether the file has further pages, which were not read"


def read_photograph(path: Path) -> Picture:
    """The picture, turned upright as its EXIF data says. Raises NotMediaError.

    CMYK, grey, 16 bits a channel and transparency become opaque 8-bit RGB.
    """
    try:
        with read_errors(path):
            content = np.fromfile(path, np.uint8)
        bgr, kinds, metadata = cv2.imdecodeWithMetadata(content, flags=cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise _unreadable(path) from error
    if bgr is None:  # pyright: ignore[reportUnnecessaryComparison] - where it is no picture
        raise _unreadable(path)
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    rgb.setflags(write=False)
    return Picture(rgb, _profile(kinds, metadata), has_more(path))


def _profile(kinds: Sequence[int], metadata: Sequence[np.ndarray]) -> np.ndarray | None:
    for kind, content in zip(kinds, metadata, strict=True):
        if kind == cv2.IMAGE_METADATA_ICCP and content.tobytes()[16:20] == _RGB_PROFILE:
            return content
    return None


def _unreadable(path: Path) -> NotMediaError:
    return NotMediaError(
        f"{path}: not a picture that can be read", hint="open it in a viewer to check it"
    )
