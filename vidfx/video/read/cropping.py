"""What of the stored pictures a container says is to be seen: Matroska's PixelCrop, MP4's clap."""

from __future__ import annotations

import re
from threading import Lock
from typing import Any, NamedTuple, cast

import av.logging
from av.container import InputContainer
from av.video.stream import VideoStream

_CROPS = ("matroska", "mov")
"""Formats, by the first of their names, whose containers may crop."""
_STREAM = re.compile(r"^  Stream #0:(\d+)", re.MULTILINE)
_CROPPING = re.compile(r"^ +Frame Cropping: (\d+)/(\d+)/(\d+)/(\d+)$", re.MULTILINE)
_logging = Lock()


class Cropping(NamedTuple):
    """Pixels that are cut off each side of a stored picture."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


def cropping_of(container: InputContainer, stream: VideoStream) -> Cropping:
    """What the container cuts off, as FFmpeg's own program does since 7.1.

    The bindings do not pass it on, but FFmpeg's description of the file in words has it.
    """
    if container.format.name.split(",")[0] not in _CROPS:
        return Cropping()
    with _logging:
        av.logging.set_level(av.logging.INFO)
        try:
            told = str(cast(Any, container).dumps_format())  # their types do not know it
        finally:
            av.logging.set_level(None)
    parts = _STREAM.split(told)
    own = dict(zip(parts[1::2], parts[2::2], strict=True)).get(str(stream.index), "")
    found = _CROPPING.search(own)
    if found is None:
        return Cropping()
    crop = Cropping(*map(int, found.groups()))
    width, height = stream.codec_context.width, stream.codec_context.height
    return (
        crop if crop.left + crop.right < width and crop.top + crop.bottom < height else Cropping()
    )
