"""What a file is before all of it is decoded, and whether decord decodes it right."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.stream import VideoStream

from vidfx.errors import UsageError
from vidfx.types import VideoInfo
from vidfx.video.container.demuxer import Demuxer, decode, open_video
from vidfx.video.container.protection import undecodable
from vidfx.video.container.scan import Scan, Scanner
from vidfx.video.read.colours import is_common
from vidfx.video.read.facts import describe, shortfall
from vidfx.video.read.pixels import Orientation
from vidfx.video.read.shape import Shape, Shapes

_DECORD_FORMATS = ("mov", "matroska", "avi")
_KEY_FRAMES_TRIED = 8


@dataclass(frozen=True)
class Preflight:
    info: VideoInfo
    scan: Scan
    unusual: str | None
    "what only PyAVSource handles; None where any decoder's pictures are right"
    known_fault: str | None
    "what decord is known to get wrong in such a file"
    shortfall: str | None
    "what the container claims that is missing"

    @cached_property
    def changes(self) -> str | None:
        """The same as ``unusual``, for what shows later in the file; decodes some key frames."""
        if _changes_shape(self.info.path, self.scan.keyframes):
            return "its pictures change their shape on the way"
        return None

    @cached_property
    def objection(self) -> str | None:
        """Why decord must not read the file; None where it may."""
        return self.known_fault or self.unusual or self.changes


def preflight(path: Path, *, most_bytes: int | None = None) -> Preflight:
    """Decode one frame and read all timestamps.

    Raises NotMediaError, and UsageError where all frames together are more than ``most_bytes`` of
    RGB: before reading where the header has the number of frames, else after counting.
    """
    with open_video(path) as demuxer:
        stream, scanner = demuxer.stream, Scanner(demuxer)
        _limit(path, stream.frames, stream.width, stream.height, most_bytes)
        packets = scanner.packets()
        frame = _first_frame(demuxer, packets)
        shapes = Shapes(demuxer, frame)
        info = describe(demuxer, frame, shapes.first)
        deque(packets, maxlen=0)
        scanned = scanner.result()
    unusual = shapes.doubt or _unusual(frame, info, shapes.first)
    fault = _known_fault(info, demuxer.format, scanned)
    if not (fault or unusual):
        _limit(path, len(scanned.pts), info.width, info.height, most_bytes)
    return Preflight(
        info=replace(info, n_frames=len(scanned.pts)),
        scan=scanned,
        unusual=unusual,
        known_fault=fault,
        shortfall=shortfall(info, scanned.n_packets, max(scanned.pts, default=0)),
    )


def _limit(path: Path, n_frames: int, width: int, height: int, most_bytes: int | None) -> None:
    ahead = n_frames * width * height * 3
    if most_bytes is not None and ahead > most_bytes:
        raise UsageError(f"{path}: decord reads ahead, and these frames are {ahead >> 20} MB")


def _first_frame(
    demuxer: Demuxer[VideoStream], packets: Iterator[av.Packet[VideoStream]]
) -> av.VideoFrame:
    reason = ""
    for packet in chain(packets, [None]):
        try:
            for frame in decode(demuxer.stream, packet):
                return frame
        except FFmpegError as error:
            reason = error.strerror or ""
    raise undecodable(demuxer.path, reason)


def _changes_shape(path: Path, keyframes: Sequence[int]) -> bool:
    """Whether one of some key frames, spread over the file, has another shape than the first."""
    if len(keyframes) < 2:
        return False
    with open_video(path) as demuxer:
        stream = demuxer.stream
        shapes = Shapes(demuxer, _first_frame(demuxer, demuxer.packets()))
        for pts in _spread(keyframes[1:]):
            with suppress(FFmpegError, StopIteration):
                demuxer.container.seek(pts, stream=stream)
                key = next(demuxer.packets())
                picture = next(chain(decode(stream, key), decode(stream, None)))
                pixel = stream.codec_context.sample_aspect_ratio
                if not shapes.of(picture, pixel).is_like(shapes.first):
                    return True
    return False


def _spread(items: Sequence[int]) -> list[int]:
    """At most ``_KEY_FRAMES_TRIED`` of them, evenly spread, the last included."""
    step = -(-len(items) // _KEY_FRAMES_TRIED)
    return [*reversed(items[::-1][::step])]


def _unusual(frame: av.VideoFrame, info: VideoInfo, shape: Shape) -> str | None:
    if shape.is_cropped:
        return "its container shows only a part of its pictures, which few decoders do"
    orientation = shape.orientation
    if orientation.mirrored:
        return "it is mirrored, which few decoders undo"
    if orientation != Orientation() and info.codec == "mjpeg":
        return "its JPEG pictures store their own rotation, which few decoders undo"
    if not is_common(frame):
        return f"its colours have a matrix (code {int(frame.colorspace)}) that few decoders know"
    return None


def _known_fault(info: VideoInfo, format_: str, scanned: Scan) -> str | None:
    """Each of these was seen to give wrong or missing frames, most of them without an error."""
    if format_ not in _DECORD_FORMATS:
        return f"decord loses frames of some formats, and {format_} is not known to be safe"
    if scanned.fault:
        return f"decord gets the frames wrong where {scanned.fault}"
    if info.codec == "hevc" and len(scanned.keyframes) > 1:
        return "decord stops where an HEVC key frame lets two pictures out at once"
    try:
        str(info.path).encode()
    except UnicodeEncodeError:
        return "decord cannot open a path that is not UTF-8"
    return None
