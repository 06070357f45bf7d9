"""Gives all frames of a video the shape of the first one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import av
import cv2
import numpy as np

from vidfx.types import Frame, VideoInfo
from vidfx.video.read.frame_converter import FrameConverter
from vidfx.video.read.pixels import pack_i420
from vidfx.video.read.shape import Shape

BLACK = (16, 128, 128)
"Y, U and V"


class FrameFitter:
    """Makes frames of decoded pictures.

    Pictures with the shape of the first one are converted only. Others, where a stream changes its
    size, orientation or sample aspect ratio, are scaled into it with black bars, and keep their
    display aspect ratio.
    """

    def __init__(
        self, shape: Shape, first: av.VideoFrame, info: VideoInfo, *, planes: bool
    ) -> None:
        """``shape`` is that of ``first``."""
        self.fitted = 0
        "frames so far that had another shape"
        self._shape, self._info, self._planes = shape, info, planes
        self._convert = FrameConverter(first, info, planes=planes)
        self._other: tuple[Shape, FrameConverter] | None = None

    def __call__(
        self, index: int, pts: int, picture: av.VideoFrame, shape: Shape, duration: int | None
    ) -> Frame:
        """A frame of ``picture``, whose shape is ``shape``."""
        if shape is self._shape or shape.is_like(self._shape):
            frame = self._convert(index, pts, picture, duration)
            return _cropped(frame, shape, planes=self._planes) if shape.is_cropped else frame
        self.fitted += 1
        if self._other is None or self._other[0] != shape:
            self._other = shape, FrameConverter(picture, self._info, planes=True)
        frame = self._other[1](index, pts, picture, duration)
        if shape.is_cropped:
            frame = _cropped(frame, shape, planes=True)
        return _fit(frame, _place(shape, self._shape), self._shape.size)


def _cropped(frame: Frame, shape: Shape, *, planes: bool) -> Frame:
    """The part of an upright frame that is displayed."""
    rows, columns = shape.part
    make_rgb = partial(_part, frame, rows, columns)
    if frame.yuv is None:
        return replace(frame, pixels=make_rgb)
    y, u, v = frame.yuv
    width, height = shape.size
    half_rows = slice(rows.start // 2, rows.start // 2 + -(-height // 2))
    half_columns = slice(columns.start // 2, columns.start // 2 + -(-width // 2))
    cut = y[rows, columns], u[half_rows, half_columns], v[half_rows, half_columns]
    if planes or height % 2 or width % 2:
        return replace(frame, pixels=make_rgb, planes=pack_i420(*cut), lent=None)
    return replace(frame, pixels=make_rgb, lent=cut)


def _part(frame: Frame, rows: slice, columns: slice) -> np.ndarray:
    part = np.ascontiguousarray(frame.rgb[rows, columns])
    part.setflags(write=False)
    return part


class _Place(NamedTuple):
    """The position of a picture within another one, in px; offsets are even."""

    left: int
    top: int
    width: int
    height: int

    def halved(self) -> _Place:
        return _Place(self.left // 2, self.top // 2, -(-self.width // 2), -(-self.height // 2))

    def made_even(self) -> _Place:
        width, height = self.width + self.width % 2, self.height + self.height % 2
        return self._replace(width=width, height=height)


def _place(shape: Shape, canvas: Shape) -> _Place:
    """Centred on the canvas, as large as its display aspect ratio allows."""
    width, height = canvas.size
    if shape.fills(canvas):
        return _Place(0, 0, width, height)
    wider = float(shape.aspect / canvas.aspect)
    inner_width = width if wider >= 1 else max(2, 2 * round(width * wider / 2))
    inner_height = height if wider <= 1 else max(2, 2 * round(height / wider / 2))
    left, top = (width - inner_width) // 4 * 2, (height - inner_height) // 4 * 2
    return _Place(left, top, inner_width, inner_height)


def _fit(frame: Frame, place: _Place, size: tuple[int, int]) -> Frame:
    """An upright frame scaled into its place in a black one of ``size``, (width, height)."""
    assert frame.yuv is not None
    even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
    half = (even[0] // 2, even[1] // 2)
    whole, halved = place.made_even(), place.halved()
    y, *chroma = frame.yuv
    planes = pack_i420(
        _inlaid(y, whole, even, BLACK[0]),
        *(_inlaid(c, halved, half, b) for c, b in zip(chroma, BLACK[1:], strict=True)),
    )
    return replace(frame, pixels=partial(_rgb, frame, place, size), planes=planes)


def _rgb(frame: Frame, place: _Place, size: tuple[int, int]) -> np.ndarray:
    rgb = _inlaid(frame.rgb, place, size, 0)
    rgb.setflags(write=False)
    return rgb


def _inlaid(picture: np.ndarray, place: _Place, size: tuple[int, int], black: int) -> np.ndarray:
    """``picture``, (H, W, ...), scaled into its place in a black one of ``size``."""
    canvas = np.full((size[1], size[0], *picture.shape[2:]), black, np.uint8)
    inner = (place.width, place.height)
    shrinks = place.width <= picture.shape[1] and place.height <= picture.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    part = cv2.resize(np.ascontiguousarray(picture), inner, interpolation=method)
    canvas[place.top : place.top + place.height, place.left : place.left + place.width] = part
    return canvas
