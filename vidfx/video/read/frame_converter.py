"""Converts decoded pictures to upright RGB and planes."""

from __future__ import annotations

from functools import partial

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from vidfx.errors import DecodeError
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.formats import CONVERT_HINT
from vidfx.video.read.colours import (
    is_full_range,
    keeps_planes,
    known_to_swscale,
    needs_own_matrix,
    rgb_of_ycgco,
)
from vidfx.video.read.pixels import Orientation, RgbToI420, pack_i420, plane_view


class FrameConverter:
    """Converts pictures of any pixel format, all of one shape, to frames."""

    def __init__(self, first: av.VideoFrame, info: VideoInfo, *, planes: bool) -> None:
        """``info.colour`` is that of all planes, whatever later pictures have."""
        self._width, self._height = first.width, first.height
        self._orientation = Orientation.of(first)
        self._wants_planes = planes
        odd = bool(first.width % 2 or first.height % 2)
        turned = self._orientation != Orientation()
        # rotated chroma of an odd size would not align with its luma
        self._planes_from_rgb = odd and turned
        self._lends = not (planes or odd or turned)
        self._info, self._rgb_to_i420 = info, RgbToI420(info.colour)
        self._rgb, self._i420 = VideoReformatter(), VideoReformatter()

    def __call__(
        self, index: int, pts: int, frame: av.VideoFrame, duration: int | None = None
    ) -> Frame:
        """A Frame with planes where the picture has them or ``planes`` was set.

        Planes are copied where ``planes`` was set, else lent. RGB, which costs more than a copy,
        is made when it is first used.
        """
        if self._planes_from_rgb or not keeps_planes(frame, self._info.colour):
            rgb = self._to_rgb(frame)
            planes = self._rgb_to_i420(rgb) if self._wants_planes else None
            return Frame(index, pts, rgb, planes, duration=duration)
        make_rgb, planes = partial(self._to_rgb, frame), self._planes(frame)
        if self._lends:
            for plane in planes:
                plane.setflags(write=False)
            return Frame(index, pts, make_rgb, lent=planes, duration=duration)
        packed = pack_i420(*map(self._orientation.upright, planes))
        return Frame(index, pts, make_rgb, packed, duration=duration)

    def _to_rgb(self, frame: av.VideoFrame) -> np.ndarray:
        if needs_own_matrix(frame):
            yuv = self._reformat(frame, self._rgb, "yuv444p", dst_color_range=ColorRange.JPEG)
            stored = rgb_of_ycgco(np.dstack([plane_view(yuv, i) for i in range(3)]))
        else:
            converted = self._reformat(frame, self._rgb, "rgb24")
            stored = plane_view(converted, 0, channels=3)
            # the reformatter returns the decoder's own frame where nothing has to be converted
            stored = stored.copy() if converted is frame else stored
        rgb = np.ascontiguousarray(self._orientation.upright(stored))
        rgb.setflags(write=False)
        return rgb

    def _planes(self, frame: av.VideoFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Limited-range Y, U and V, as they are stored."""
        full = is_full_range(frame)
        if frame.format.name != "yuv420p" or full:
            frame = self._reformat(
                frame,
                self._i420,
                "yuv420p",
                src_color_range=ColorRange.JPEG if full else None,
                dst_color_range=ColorRange.MPEG,
            )
        return plane_view(frame, 0), plane_view(frame, 1), plane_view(frame, 2)

    def _reformat(
        self, frame: av.VideoFrame, by: VideoReformatter, format_: str, **ranges: ColorRange | None
    ) -> av.VideoFrame:
        try:
            with known_to_swscale(frame):
                return by.reformat(
                    frame,
                    self._width,
                    self._height,
                    format_,
                    interpolation=Interpolation.BILINEAR,
                    threads=1,
                    **ranges,
                )
        except FFmpegError as error:
            raise DecodeError(
                f"{self._info.path}: its pixels ({frame.format.name}) cannot be converted to "
                f"{format_}: {error.strerror}",
                hint=CONVERT_HINT,
            ) from error
