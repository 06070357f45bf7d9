"""How decoded pictures are to be seen: which part, which way up, how wide a pixel is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidfx.video.read.cropping import Cropping, cropping_of
from vidfx.video.read.pixels import Orientation

EXTREME = 16
"""Times as wide as high, or as high as wide, that a pixel is at most: anamorphic pictures of half
the width have 32:11."""
SAME = 0.03
"""By how much two shapes may differ without anybody seeing it."""
_DECIDED_BY_CONTAINER = ("mov", "matroska", "asf", "mxf", "nut")
"""Formats whose own word on the shape of pixels stands, whatever their streams say later on."""


@dataclass(frozen=True)
class Shape:
    """Of one decoded picture."""

    stored: tuple[int, int]
    "(width, height) px"
    crop: Cropping
    "of the stored picture"
    orientation: Orientation
    pixel: Fraction
    "width of a stored pixel over its height"

    @property
    def part(self) -> tuple[slice, slice]:
        """Rows and columns of the upright picture that are to be seen."""
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
        """(width, height) px of what is to be seen, upright."""
        rows, columns = self.part
        return columns.stop - columns.start, rows.stop - rows.start

    @property
    def upright_pixel(self) -> Fraction:
        """Width over height of a pixel of the upright picture."""
        return 1 / self.pixel if self.orientation.transpose else self.pixel

    @property
    def aspect(self) -> Fraction:
        """Width over height of what is to be seen."""
        width, height = self.size
        return width * self.upright_pixel / height

    def fills(self, other: Shape) -> bool:
        """Whether a person sees both as wide for their height."""
        return abs(self.aspect / other.aspect - 1) <= SAME

    def is_like(self, other: Shape) -> bool:
        """Whether nobody sees a difference, nor has to undo one."""
        return self.fills(other) and replace(self, pixel=other.pixel) == other


class Shapes:
    """The shapes of the pictures of one stream, in the order in which they are decoded."""

    def __init__(
        self, container: InputContainer, stream: VideoStream, first: av.VideoFrame
    ) -> None:
        kind = container.format.name.split(",")[0]
        self._follows = kind not in _DECIDED_BY_CONTAINER
        self._crop = cropping_of(container, stream)
        self._size = (first.width, first.height)
        self._said = stream.sample_aspect_ratio
        self._jumped = False
        self._key: object = None
        self.first = self._last = self.of(first, self._said)

    @property
    def doubt(self) -> str | None:
        """A warning where the shape of its pixels is none."""
        if believed(self._said) == (self._said or 1):
            return None
        return f"it claims pixels of {self._said}, and was read with square ones"

    def jumped(self) -> None:
        """The next picture does not follow the last one."""
        self._jumped = True

    def of(self, frame: av.VideoFrame, said: Fraction | None) -> Shape:
        """The shape of the next picture; ``said`` is the shape of a pixel as the decoder has it.

        The decoder hears of another one a little early, but it begins with a key frame.
        """
        if self._follows and (frame.key_frame or self._jumped):
            self._said = said
        self._jumped = False
        key = frame.width, frame.height, frame.rotation, self._said
        if key != self._key:
            self._key = key
            size = (frame.width, frame.height)
            self._last = Shape(
                size,
                self._crop if size == self._size else Cropping(),
                Orientation.of(frame),
                believed(self._said),
            )
        return self._last


def believed(pixel: Fraction | None) -> Fraction:
    """Width over height of a pixel, where that is not beyond all reason; else 1."""
    return pixel if pixel and Fraction(1, EXTREME) <= pixel <= EXTREME else Fraction(1)
