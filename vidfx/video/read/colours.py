"""What the numbers of decoded pictures mean as colours, where swscale knows it and where not.

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
"what code 12 comes to, within a level; with all other primaries it is BT.709"
_NEAREST = {10: _BT2020, 11: _BT709, 13: _BT709, 14: _BT2020, 15: _BT2020, 16: _YCGCO, 17: _YCGCO}
"all others are taken for unspecified"
_NAMES = {_BT709: "BT.709", _YCGCO: "YCgCo", _BT2020: "BT.2020", _UNSPECIFIED: "BT.601"}
_YCGCO_TO_RGB = np.array([[1, -1, 1, 0], [1, 1, 0, -128], [1, -1, -1, 256]], np.float32)
"with what takes away the 128 that chroma is stored around"
_SRGB_PRIMARIES, _SRGB = 1, 13
_UNTOLD = (0, _UNSPECIFIED)
_HD_HEIGHT = 720


def colour_of(frame: av.VideoFrame, height: int) -> Colour:
    """Of the planes that are made of a frame; ``height`` is that of the picture, upright."""
    primaries, transfer = int(frame.color_primaries), int(frame.color_trc)
    if is_rgb(frame.format):
        return rgb_colour(height, primaries, transfer)
    matrix, declared = read_as(frame), int(frame.colorspace)
    if matrix == _YCGCO:
        return replace(rgb_colour(height), primaries=primaries, transfer=transfer)
    other = None if declared == matrix else declared
    return Colour(primaries, transfer, matrix, is_full_range(frame), other)


def rgb_colour(height: int, primaries: int = _UNSPECIFIED, transfer: int = _UNSPECIFIED) -> Colour:
    """Of an RGB picture, sRGB unless it says otherwise, once RgbToI420 has made planes of it."""
    by_height = _BT709 if height >= _HD_HEIGHT else _BT601
    return Colour(
        primaries=_SRGB_PRIMARIES if primaries in _UNTOLD else primaries,
        transfer=_SRGB if transfer in _UNTOLD else transfer,
        matrix=_BT2020 if primaries == _BT2020 else by_height,
    )


def is_rgb(format_: VideoFormat) -> bool:
    """Whether pictures have no Y, U and V: red, green and blue, a palette of them, or X, Y, Z."""
    return format_.is_rgb or format_.has_palette or format_.name.startswith("xyz")


def is_full_range(frame: av.VideoFrame) -> bool:
    return frame.color_range == 2 or frame.format.name.startswith("yuvj")


def keeps_planes(frame: av.VideoFrame, colour: Colour) -> bool:
    """Whether the planes of a frame are of that colour as they are stored."""
    if is_rgb(frame.format):
        return False
    matrix = read_as(frame)
    return matrix == colour.matrix or {matrix, colour.matrix} <= _LIKE_BT601


def read_as(frame: av.VideoFrame) -> int:
    """The matrix that a frame of Y, U and V is read with."""
    declared = int(frame.colorspace)
    if declared in _SWSCALE or declared == _YCGCO:
        return declared
    if declared == _FROM_PRIMARIES:
        return _BY_PRIMARIES.get(int(frame.color_primaries), _BT709)
    return _NEAREST.get(declared, _UNSPECIFIED)


def is_common(frame: av.VideoFrame) -> bool:
    """Whether every decoder knows how to read its colours."""
    return int(frame.colorspace) in _SWSCALE


def doubt(frame: av.VideoFrame) -> str | None:
    """A warning where colours can only be read by a matrix that is like theirs."""
    declared, matrix = int(frame.colorspace), read_as(frame)
    if is_rgb(frame.format) or declared in (matrix, _FROM_PRIMARIES):
        return None
    return (
        f"its colours are of a kind that is not known here (matrix code {declared}) and are read "
        f"as {_NAMES[matrix]}: they may be off"
    )


def needs_own_matrix(frame: av.VideoFrame) -> bool:
    """Whether swscale has no way from its planes to RGB, and ``rgb_of_ycgco`` has."""
    return not is_rgb(frame.format) and read_as(frame) == _YCGCO


@contextmanager
def known_to_swscale(frame: av.VideoFrame) -> Generator[None]:
    """Have a frame say what swscale knows: it refuses any other matrix, even where none is used."""
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
