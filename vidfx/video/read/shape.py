"""How decoded pictures are displayed: cropping, orientation and sample aspect ratio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import av
from av.video.stream import VideoStream

from vidfx.video.container.cropping import Cropping, cropping_of
from vidfx.video.container.demuxer import Demuxer
from vidfx.video.read.pixels import Orientation

EXTREME = 16
"""The largest plausible aspect ratio of a pixel, or 1 / EXTREME the smallest: anamorphic pictures
of half the width have 32:11."""
SAME = 0.03
"""Relative difference of two aspect ratios that nobody sees."""
_DECIDED_BY_CONTAINER = ("mov", "matroska", "asf", "mxf", "nut")
"""Formats whose sample aspect ratio holds for the whole file, whatever the stream says later."""


@dataclass(frozen=True)
class Shape:
    """How one decoded picture is displayed."""

    stored: tuple[int, int]
    "(width, height) px"
    crop: Cropping
    "of the stored picture"
    orientation: Orientation
    pixel: Fraction
    "sample aspect ratio: width of a stored pixel over its height"

    @property
    def part(self) -> tuple[slice, slice]:
        """Rows and columns of the upright picture that are displayed."""
        (width, height), crop, turned = self.stored, self.crop, self.orientation
        rows, columns = (crop.top, height - crop.bottom), (crop.left, width - crop.right)
        if turned.transpose:
            rows, columns, width, height = columns, rows, height, width
        if turned.flip_rows:
            rows = height - rows[1], height - rows[0]
        if turned.flip_columns:
            columns = width - columns[1], width - columns[0]
        return slice(*rows), slice(*columns)

    @property
    def is_cropped(self) -> bool:
        return any(self.crop)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) px of what is displayed, upright."""
        rows, columns = self.part
        return columns.stop - columns.start, rows.stop - rows.start

    @property
    def upright_pixel(self) -> Fraction:
        """Width over height of a pixel of the upright picture."""
        return 1 / self.pixel if self.orientation.transpose else self.pixel

    @property
    def aspect(self) -> Fraction:
        """Width over height of what is displayed."""
        width, height = self.size
        return width * self.upright_pixel / height

    def fills(self, other: Shape) -> bool:
        """Whether both have the same display aspect ratio, as a person sees it."""
        return abs(self.aspect / other.aspect - 1) <= SAME

    def is_like(self, other: Shape) -> bool:
        """Whether pictures of both shapes can be handled in the same way."""
        return self.fills(other) and replace(self, pixel=other.pixel) == other


class Shapes:
    """The shapes of the pictures of one stream, in the order in which they are decoded."""

    def __init__(self, demuxer: Demuxer[VideoStream], first: av.VideoFrame) -> None:
        self._follows_stream = demuxer.format not in _DECIDED_BY_CONTAINER
        self._crop = cropping_of(demuxer)
        self._size = (first.width, first.height)
        self._pixel = demuxer.stream.sample_aspect_ratio
        self._after_seek = False
        self._key: object = None
        self.first = self._last = self.of(first, self._pixel)

    @property
    def doubt(self) -> str | None:
        """A warning where the sample aspect ratio is not plausible."""
        if plausible(self._pixel) == (self._pixel or 1):
            return None
        return f"it claims pixels of {self._pixel}, and was read with square ones"

    def after_seek(self) -> None:
        """The next picture does not follow the last one."""
        self._after_seek = True

    def of(self, frame: av.VideoFrame, pixel: Fraction | None) -> Shape:
        """The shape of the next picture; ``pixel`` is the decoder's sample aspect ratio.

        The decoder has a new one a few pictures early, so it is used from a key frame on.
        """
        if self._follows_stream and (frame.key_frame or self._after_seek):
            self._pixel = pixel
        self._after_seek = False
        key = frame.width, frame.height, frame.rotation, self._pixel
        if key != self._key:
            self._key = key
            size = (frame.width, frame.height)
            self._last = Shape(
                size,
                self._crop if size == self._size else Cropping(),
                Orientation.of(frame),
                plausible(self._pixel),
            )
        return self._last


def plausible(pixel: Fraction | None) -> Fraction:
    """The sample aspect ratio, or 1 where it is unknown or not plausible."""
    return pixel if pixel and Fraction(1, EXTREME) <= pixel <= EXTREME else Fraction(1)
