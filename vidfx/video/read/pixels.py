"""Pixel layouts that the readers share: upright, contiguous, I420 of even size."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from vidfx.types import Colour
from vidfx.video.read.side_data import side_data

_MATRIX = {1: Colorspace.ITU709, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}


@dataclass(frozen=True)
class Orientation:
    """How stored pixels become upright: transpose, then flip."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @classmethod
    def of(cls, frame: av.VideoFrame) -> Orientation:
        """From the display matrix (ISO/IEC 14496-12), which may mirror as well as rotate."""
        matrix = side_data(frame, "DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = unpack("=5i", matrix[:20])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, flip_rows=d < 0, flip_columns=a < 0)
        return cls(True, flip_rows=b < 0, flip_columns=c < 0)

    @property
    def mirrored(self) -> bool:
        return self.transpose ^ self.flip_rows ^ self.flip_columns

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise, leaving any mirroring of columns aside."""
        if self.transpose:
            return 90 if self.flip_rows else 270
        return 180 if self.flip_rows else 0

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """A view of (H, W, ...) pixels."""
        if self.transpose:
            pixels = pixels.swapaxes(0, 1)
        return pixels[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]


def plane_view(frame: av.VideoFrame, index: int, channels: int = 1) -> np.ndarray:
    """(H, W) or (H, W, C) uint8, without copying; keeps the frame's memory alive."""
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    rows = rows[: plane.height, : plane.width * channels]
    return rows if channels == 1 else rows.reshape(plane.height, plane.width, channels)


def pack_i420(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """One new I420 array of three planes; an odd last column or row of y is repeated."""
    height, width = y.shape
    even_height, even_width = height + height % 2, width + width % 2
    packed = np.empty((even_height * 3 // 2, even_width), np.uint8)
    packed[:height, :width] = y
    packed[:height, width:] = y[:, -1:]
    packed[height:even_height] = packed[height - 1]
    chroma = packed[even_height:].reshape(2, even_height // 2, even_width // 2)
    chroma[0], chroma[1] = u, v
    return packed


class RgbToI420:
    """Makes limited-range planes from upright RGB, for sources that have no planes to copy."""

    def __init__(self, colour: Colour) -> None:
        self._matrix = _MATRIX.get(colour.matrix, Colorspace.ITU601)
        self._reformatter = VideoReformatter()

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        height, width = rgb.shape[:2]
        if height % 2 or width % 2:
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        frame = self._reformatter.reformat(
            av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), "rgb24"),
            format="yuv420p",
            dst_colorspace=self._matrix,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )
        return pack_i420(*(plane_view(frame, i) for i in range(3)))
