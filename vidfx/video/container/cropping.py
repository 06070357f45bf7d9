"""The crop rectangle that a container stores: Matroska's PixelCrop, MP4's clean aperture."""

from __future__ import annotations

import re
from threading import Lock
from typing import Any, NamedTuple, cast

import av.logging
from av.video.stream import VideoStream

from vidfx.video.container.demuxer import Demuxer

_CROPS = ("matroska", "mov")
"""Formats whose containers may crop."""
_STREAM = re.compile(r"^  Stream #0:(\d+)", re.MULTILINE)
_CROPPING = re.compile(r"^ +Frame Cropping: (\d+)/(\d+)/(\d+)/(\d+)$", re.MULTILINE)
_logging = Lock()


class Cropping(NamedTuple):
    """Pixels that are cut off each side of a stored picture."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


def cropping_of(demuxer: Demuxer[VideoStream]) -> Cropping:
    """The container's cropping, applied as FFmpeg's own program does since 7.1.

    Read from FFmpeg's textual description of the file, since the bindings do not have it.
    """
    if demuxer.format not in _CROPS:
        return Cropping()
    with _logging:
        av.logging.set_level(av.logging.INFO)
        try:
            text = str(cast(Any, demuxer.container).dumps_format())  # missing in the stubs
        finally:
            av.logging.set_level(None)
    stream, parts = demuxer.stream, _STREAM.split(text)
    own = dict(zip(parts[1::2], parts[2::2], strict=True)).get(str(stream.index), "")
    found = _CROPPING.search(own)
    if found is None:
        return Cropping()
    crop = Cropping(*map(int, found.groups()))
    width, height = stream.codec_context.width, stream.codec_context.height
    return (
        crop if crop.left + crop.right < width and crop.top + crop.bottom < height else Cropping()
    )
