"""Writes one annotated photograph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vidfx.errors import OutputError, output_errors
from vidfx_engines.files import write_atomically

_JPEG = frozenset({".jfif", ".jpe", ".jpeg", ".jpg"})
_WITH_PROFILE = _JPEG | {".png", ".webp"}
_QUALITY = {suffix: [cv2.IMWRITE_JPEG_QUALITY, 95] for suffix in _JPEG} | {
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 95]
}


def write_photograph(path: Path, rgb: np.ndarray, profile: np.ndarray | None) -> int:
    """Write (H, W, 3) uint8 RGB in the format of the suffix; returns its number of bytes.

    The ICC profile is written where the format has one and accepts it. Raises OutputError.
    """
    suffix = path.suffix.lower()
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    profiles = [] if profile is None or suffix not in _WITH_PROFILE else [profile]
    done, content = _encoded(suffix, bgr, profiles)
    if not done and profiles:  # it is damaged, which libpng checks
        done, content = _encoded(suffix, bgr, [])
    if not done:
        raise OutputError(f"cannot write {path}: it cannot be encoded", hint="check its size")
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.tobytes())
    return content.size


def _encoded(
    suffix: str, bgr: np.ndarray, profiles: Sequence[np.ndarray]
) -> tuple[bool, np.ndarray]:
    return cv2.imencodeWithMetadata(
        ".jpg" if suffix in _JPEG else suffix,
        bgr,
        [cv2.IMAGE_METADATA_ICCP] * len(profiles),
        profiles,
        _QUALITY.get(suffix, []),
    )
