"""How decoded pictures are read as colours, by matrices that swscale supports and by others.

YUV without a matrix tag is read as BT.601, whatever its size: swscale, decord, OpenCV and the
ffmpeg program all do, so pictures cut out of videos for training have the same colours.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import av
import cv2
import numpy as np
from av.video.format import VideoFormat

from vidfx.types import Colour

_BT709, _UNSPECIFIED, _FCC, _BT601, _SMPTE240M, _YCGCO, _BT2020 = 1, 2, 4, 6, 7, 8, 9
"matrices, in the codes of ISO/IEC 23091-2"
_FROM_PRIMARIES = 12
_LIKE_BT601 = frozenset((0, _UNSPECIFIED, _FCC, 5, _BT601))
_SWSCALE = _LIKE_BT601 | {_BT709, _SMPTE240M, _BT2020}
_BY_PRIMARIES = {4: _FCC, 6: _SMPTE240M, 7: _SMPTE240M, 9: _BT2020}
"the matrix that code 12 derives from primaries, within one level; BT.709 for all others"
_NEAREST = {10: _BT2020, 11: _BT709, 13: _BT709, 14: _BT2020, 15: _BT2020, 16: _YCGCO, 17: _YCGCO}
"by which others are read; the rest as unspecified"
_NAMES = {_BT709: "BT.709", _YCGCO: "YCgCo", _BT2020: "BT.2020", _UNSPECIFIED: "BT.601"}
_YCGCO_TO_RGB = np.array([[1, -1, 1, 0], [1, 1, 0, -128], [1, -1, -1, 256]], np.float32)
"with offsets for chroma, which is stored around 128"
_SRGB_PRIMARIES, _SRGB = 1, 13
_UNKNOWN = (0, _UNSPECIFIED)
_HD_HEIGHT = 720


def colour_of(frame: av.VideoFrame, height: int) -> Colour:
    """The colour of the planes made from a frame; ``height`` is that of the upright picture."""
    primaries, transfer = int(frame.color_primaries), int(frame.color_trc)
    if is_rgb(frame.format):
        return rgb_colour(height, primaries, transfer)
    matrix, declared = read_as(frame), int(frame.colorspace)
    if matrix == _YCGCO:
        return replace(rgb_colour(height), primaries=primaries, transfer=transfer)
    other = None if declared == matrix else declared
    return Colour(primaries, transfer, matrix, is_full_range(frame), other)


def rgb_colour(height: int, primaries: int = _UNSPECIFIED, transfer: int = _UNSPECIFIED) -> Colour:
    """The colour of planes that RgbToI420 makes of RGB, which is sRGB if not declared otherwise."""
    by_height = _BT709 if height >= _HD_HEIGHT else _BT601
    return Colour(
        primaries=_SRGB_PRIMARIES if primaries in _UNKNOWN else primaries,
        transfer=_SRGB if transfer in _UNKNOWN else transfer,
        matrix=_BT2020 if primaries == _BT2020 else by_height,
    )


def is_rgb(format_: VideoFormat) -> bool:
    """Whether pictures have no Y, U and V: RGB, palettes, XYZ."""
    return format_.is_rgb or format_.has_palette or format_.name.startswith("xyz")


def is_full_range(frame: av.VideoFrame) -> bool:
    return frame.color_range == 2 or frame.format.name.startswith("yuvj")


def keeps_planes(frame: av.VideoFrame, colour: Colour) -> bool:
    """Whether the stored planes of a frame have that colour already."""
    if is_rgb(frame.format):
        return False
    matrix = read_as(frame)
    return matrix == colour.matrix or {matrix, colour.matrix} <= _LIKE_BT601


def read_as(frame: av.VideoFrame) -> int:
    """The matrix with which a frame of Y, U and V is converted to RGB."""
    declared = int(frame.colorspace)
    if declared in _SWSCALE or declared == _YCGCO:
        return declared
    if declared == _FROM_PRIMARIES:
        return _BY_PRIMARIES.get(int(frame.color_primaries), _BT709)
    return _NEAREST.get(declared, _UNSPECIFIED)


def is_common(frame: av.VideoFrame) -> bool:
    """Whether every decoder converts its colours right."""
    return int(frame.colorspace) in _SWSCALE


def warning_about(frame: av.VideoFrame) -> str | None:
    """A warning where colours are read by a matrix that is only similar to the declared one."""
    declared, matrix = int(frame.colorspace), read_as(frame)
    if is_rgb(frame.format) or declared in (matrix, _FROM_PRIMARIES):
        return None
    return (
        f"its colours have a matrix that is not supported (code {declared}) and are read "
        f"as {_NAMES[matrix]}: they may be wrong"
    )


def needs_own_matrix(frame: av.VideoFrame) -> bool:
    """Whether ``rgb_of_ycgco`` has to convert it, because swscale cannot."""
    return not is_rgb(frame.format) and read_as(frame) == _YCGCO


@contextmanager
def known_to_swscale(frame: av.VideoFrame) -> Generator[None]:
    """Set a matrix that swscale supports: it refuses others even where no matrix is used."""
    declared = frame.colorspace
    if not is_common(frame):
        matrix = read_as(frame)
        frame.colorspace = _UNSPECIFIED if matrix == _YCGCO else matrix
    try:
        yield
    finally:
        frame.colorspace = declared


def rgb_of_ycgco(yuv: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of full-range Y, Cg and Co."""
    return cv2.transform(yuv, _YCGCO_TO_RGB)
