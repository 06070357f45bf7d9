"""What a file is before its pictures are decoded, and whether decord may read it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from vidfx.errors import UsageError
from vidfx.types import VideoInfo
from vidfx.video.container.container import decode, no_picture, open_container, packets
from vidfx.video.container.scan import Scan, scan
from vidfx.video.read.colours import is_common
from vidfx.video.read.facts import describe, shortfall
from vidfx.video.read.pixels import Orientation
from vidfx.video.read.shape import Shape, Shapes

_DECORD_FORMATS = ("mov", "matroska", "avi")
_SOME = 8


@dataclass(frozen=True)
class Preflight:
    info: VideoInfo
    scan: Scan
    unusual: str | None
    "what only PyAVSource undoes, None where any decoder's pictures are right"
    objection: str | None
    "why decord must not read the file, None where it may"
    shortfall: str | None
    "what the container claims that is not there"

    @cached_property
    def changes(self) -> str | None:
        """What only PyAVSource undoes, and does not show at the beginning; takes some decoding."""
        if _changes_shape(self.info.path, self.scan.keyframes):
            return "its pictures change their shape on the way"
        return None


def preflight(path: Path, *, most_bytes: int | None = None) -> Preflight:
    """Decode one frame and read all timestamps.

    Raises NotMediaError, and UsageError where all frames together are more than ``most_bytes`` of
    RGB: at once where the header says so, else when they have been counted.
    """
    container, stream = open_container(path)
    with container:
        _limit(path, stream.frames, stream.width, stream.height, most_bytes)
        frame = _first_frame(path, container, stream)
        shapes = Shapes(container, stream, frame)
        info = describe(path, container, stream, frame, shapes.first)
        kind = container.format.name.split(",")[0]
    scanned = scan(path)
    unusual = shapes.doubt or _unusual(frame, info, shapes.first)
    objection = _objection(info, kind, scanned) or unusual
    if not objection:
        _limit(path, len(scanned.pts), info.width, info.height, most_bytes)
    checked = Preflight(
        info=replace(info, n_frames=len(scanned.pts)),
        scan=scanned,
        unusual=unusual,
        objection=objection,
        shortfall=shortfall(info, scanned.n_packets, max(scanned.pts, default=0)),
    )
    return checked if objection else replace(checked, objection=checked.changes)


def _limit(path: Path, n_frames: int, width: int, height: int, most_bytes: int | None) -> None:
    ahead = n_frames * width * height * 3
    if most_bytes is not None and ahead > most_bytes:
        raise UsageError(f"{path}: decord reads ahead, and these frames are {ahead >> 20} MB")


def _first_frame(path: Path, container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    reason = ""
    for packet in chain(packets(container, stream), [None]):
        try:
            for frame in decode(stream, packet):
                return frame
        except FFmpegError as error:
            reason = error.strerror or ""
    raise no_picture(path, reason)


def _changes_shape(path: Path, keyframes: Sequence[int]) -> bool:
    """Whether one of some key frames, spread over the file, has another shape than the first."""
    if len(keyframes) < 2:
        return False
    container, stream = open_container(path)
    with container:
        shapes = Shapes(container, stream, _first_frame(path, container, stream))
        for pts in _spread(keyframes[1:]):
            with suppress(FFmpegError, StopIteration):
                container.seek(pts, stream=stream)
                key = next(packets(container, stream))
                picture = next(chain(decode(stream, key), decode(stream, None)))
                pixel = stream.codec_context.sample_aspect_ratio
                if not shapes.of(picture, pixel).is_like(shapes.first):
                    return True
    return False


def _spread(items: Sequence[int]) -> list[int]:
    """Some of them, the last with them."""
    step = -(-len(items) // _SOME)
    return [*reversed(items[::-1][::step])]


def _unusual(frame: av.VideoFrame, info: VideoInfo, shape: Shape) -> str | None:
    if shape.is_cropped:
        return (
            "its container says that only a part of its pictures is seen, which few decoders know"
        )
    orientation = shape.orientation
    if orientation.mirrored:
        return "it is mirrored, which few decoders undo"
    if orientation != Orientation() and info.codec == "mjpeg":
        return "its pictures say themselves how they are turned, which few decoders undo"
    if not is_common(frame):
        return f"its colours have a matrix (code {int(frame.colorspace)}) that few decoders know"
    return None


def _objection(info: VideoInfo, kind: str, scanned: Scan) -> str | None:
    """Each of these was seen to give wrong or missing frames, most of them without an error."""
    if kind not in _DECORD_FORMATS:
        return f"decord loses frames of some formats, and {kind} is not known to be safe"
    if scanned.fault:
        return f"decord gets the frames wrong where {scanned.fault}"
    if info.codec == "hevc" and len(scanned.keyframes) > 1:
        return "decord stops where an HEVC key frame lets two pictures out at once"
    try:
        str(info.path).encode()
    except UnicodeEncodeError:
        return "decord cannot open a path that is not UTF-8"
    return None
