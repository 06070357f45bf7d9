"""What the decoder gives, as upright RGB and as planes."""

from __future__ import annotations

from functools import partial

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from vidfx.types import Frame
from vidfx.video.facts import is_full_range
from vidfx.video.pixels import Orientation, RgbToI420, pack_i420, plane_view


class FrameConverter:
    """Decoder frames of any format to upright RGB and, when asked for, I420."""

    def __init__(self, first: av.VideoFrame, to_i420: RgbToI420, *, planes: bool) -> None:
        self.resized = 0
        self._width, self._height = first.width, first.height
        self._orientation = Orientation.of(first)
        self._wants_planes = planes
        odd = bool(first.width % 2 or first.height % 2)
        turned = self._orientation != Orientation()
        # turned chroma of an odd size would no longer lie over its luma
        self._planes_from_rgb = first.format.is_rgb or (odd and turned)
        self._lends = not (planes or odd or turned)
        self._rgb_to_i420 = to_i420
        self._rgb, self._i420 = VideoReformatter(), VideoReformatter()

    def __call__(self, index: int, pts: int, frame: av.VideoFrame) -> Frame:
        """A Frame that is looked at by its planes, unless nobody wants them and they are not there.

        They are copied where they are wanted, and lent where it is enough to look at them. RGB,
        which costs more than a copy, is left for those who ask for it.
        """
        self.resized += (frame.width, frame.height) != (self._width, self._height)
        if self._planes_from_rgb:
            rgb = self._to_rgb(frame)
            return Frame(index, pts, rgb, self._rgb_to_i420(rgb) if self._wants_planes else None)
        make_rgb, planes = partial(self._to_rgb, frame), self._planes(frame)
        if self._lends:
            for plane in planes:
                plane.setflags(write=False)
            return Frame(index, pts, make_rgb, lent=planes)
        return Frame(index, pts, make_rgb, pack_i420(*map(self._orientation.upright, planes)))

    def _to_rgb(self, frame: av.VideoFrame) -> np.ndarray:
        converted = self._rgb.reformat(
            frame,
            self._width,
            self._height,
            "rgb24",
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )
        rgb = self._orientation.upright(plane_view(converted, 0, channels=3))
        # the reformatter hands back the decoder's own frame where nothing is to be done
        rgb = rgb.copy() if converted is frame else np.ascontiguousarray(rgb)
        rgb.setflags(write=False)
        return rgb

    def _planes(self, frame: av.VideoFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Limited-range Y, U and V, as they are stored."""
        full = is_full_range(frame)
        same_size = (frame.width, frame.height) == (self._width, self._height)
        if frame.format.name != "yuv420p" or full or not same_size:
            frame = self._i420.reformat(
                frame,
                self._width,
                self._height,
                "yuv420p",
                src_color_range=ColorRange.JPEG if full else None,
                dst_color_range=ColorRange.MPEG,
                interpolation=Interpolation.BILINEAR,
                threads=1,
            )
        return plane_view(frame, 0), plane_view(frame, 1), plane_view(frame, 2)
