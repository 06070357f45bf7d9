"""What a file is before its pictures are decoded, and whether decord may read it.

PyAV opens every file here, with a list of the formats that are media in themselves: playlists
and other formats that name further files or addresses are never followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from vidfx.errors import NotMediaError, UsageError
from vidfx.types import Colour, VideoInfo
from vidfx.video.pixels import Orientation, rgb_colour

HINT = "give a video file, a picture, or a folder of pictures"

_FORMATS = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,asf,ogg,gif,apng,"
    "mjpeg,mpjpeg,mxf,nut,rm,dv,yuv4mpegpipe,vc1,wtv,"
    "mp3,aac,wav,flac"  # no video in these, and it is better to say so than "not media"
)
_DECORD_FORMATS = ("mov", "matroska", "avi")
_MAX_READ_ERRORS_IN_A_ROW = 16

av.logging.set_level(None)


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """The container and its main video stream.

    Raises NotMediaError, with the path first, whatever is wrong.
    """
    try:
        if not path.exists():
            raise NotMediaError(f"{path}: does not exist", hint="check the path")
        if not path.is_file():
            raise NotMediaError(f"{path}: is not a file", hint=HINT)
        if path.stat().st_size == 0:
            raise NotMediaError(f"{path}: is empty", hint=HINT)
        container = av.open(
            f"file:{path}",
            mode="r",
            metadata_errors="replace",
            container_options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
        )
    except PermissionError as error:
        raise NotMediaError(
            f"{path}: may not be read", hint="check the permissions of the file"
        ) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise NotMediaError(f"{path}: is not a video that can be read", hint=HINT) from error
    try:
        return container, _main_video(container, path)
    except NotMediaError:
        container.close()
        raise


def _main_video(container: InputContainer, path: Path) -> VideoStream:
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not videos:
        raise NotMediaError(f"{path}: has no video in it, only sound or a cover picture", hint=HINT)
    main = next((s for s in videos if s is container.streams.best("video")), videos[0])
    # the bindings leave this None for codecs that this FFmpeg has no decoder for
    if getattr(main, "codec_context", None) is None:
        raise NotMediaError(
            f"{path}: its video codec is not known here",
            hint="convert it, for example with: ffmpeg -i INPUT -c:v libx264 OUTPUT.mp4",
        )
    for other in container.streams:
        if other is not main:
            other.discard = Discard.all
    return main


def packets(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[VideoStream]]:
    """Packets with data in them, in decoding order, going on after what cannot be read."""
    errors_in_a_row = 0
    while errors_in_a_row < _MAX_READ_ERRORS_IN_A_ROW:
        try:
            for packet in container.demux(stream):
                errors_in_a_row = 0
                # an empty packet would tell the decoder that the stream has ended
                if packet.size:
                    yield packet
            return
        except IndexError:  # a stream that appeared late
            return
        except FFmpegError:
            errors_in_a_row += 1


def keeps_order_only(container: InputContainer) -> bool:
    """AVI stores no presentation times: decoding times, in order, are what it shows frames at."""
    return container.format.name == "avi"


def decode(stream: VideoStream, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
    """The frames that a packet completes; None asks for those that are left at the end."""
    return stream.decode(packet)  # pyright: ignore[reportUnknownMemberType]


def no_picture(path: Path, reason: str) -> NotMediaError:
    why = f" ({reason})" if reason else ""
    return NotMediaError(f"{path}: not one picture in it can be decoded{why}", hint=HINT)


def describe(
    path: Path, container: InputContainer, stream: VideoStream, frame: av.VideoFrame
) -> VideoInfo:
    """Facts from the header and from one decoded frame."""
    orientation = Orientation.of(frame)
    width, height = frame.width, frame.height
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if orientation.transpose:
        width, height, aspect = height, width, 1 / aspect
    if frame.format.is_rgb:
        colour = rgb_colour(height)
    else:
        colour = Colour(
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            matrix=int(frame.colorspace),
            full_range=is_full_range(frame),
        )
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        time_base=_time_base(stream),
        start_pts=_start_pts(container, stream),
        frame_rate=stream.average_rate or stream.guessed_rate or Fraction(25),
        n_frames=None if keeps_order_only(container) else stream.frames or None,
        duration_s=_duration(container, stream),
        rotation=orientation.rotation,
        codec=stream.codec_context.codec.canonical_name,
        pixel_format=frame.format.name,
        has_audio=bool(container.streams.audio),
        sample_aspect_ratio=aspect,
        colour=colour,
    )


def is_full_range(frame: av.VideoFrame) -> bool:
    return frame.color_range == 2 or frame.format.name.startswith("yuvj")


def _time_base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 90_000)


def _start_pts(container: InputContainer, stream: VideoStream) -> int:
    """Players begin where the first of all streams begins; that is in microseconds."""
    own = stream.start_time
    microseconds = cast("int | None", container.start_time)
    if microseconds is None:
        return own or 0
    start = Fraction(microseconds, av.time_base) / _time_base(stream)
    if own is not None and abs(own - start) * _time_base(stream) <= Fraction(2, av.time_base):
        return own
    return round(start)


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration:
        return float(stream.duration * _time_base(stream))
    try:  # Matroska: "00:00:01.633000000"
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (KeyError, ValueError):
        return container.duration / av.time_base if container.duration else None


def shortfall(info: VideoInfo, count: int, last_pts: int) -> str | None:
    """What the container claims that is not there, after a reading to the end."""
    end_s = info.seconds(last_pts) + float(1 / info.frame_rate)
    if info.n_frames is not None:
        if count < info.n_frames:
            return f"the container claims {info.n_frames} frames, {count} could be read"
    elif info.duration_s is not None and end_s < 0.95 * info.duration_s - 0.5:
        return f"the container claims {info.duration_s:.1f} s, the pictures end at {end_s:.1f} s"
    return None


@dataclass(frozen=True)
class Scan:
    """The timestamps of a whole file, read without decoding."""

    pts: list[int]
    "of the frames that are shown, rising"
    keyframes: list[int]
    "pts of the frames at which decoding can begin, rising"
    n_packets: int
    "of frames that are shown and of others"
    fault: str | None
    "why the frames that a decoder gives may not be these, None where they are"


def scan(path: Path) -> Scan:
    """Read every packet's header fields (5 to 50 ms for a clip of some minutes)."""
    container, stream = open_container(path)
    shown: list[int] = []
    keyframes: list[int] = []
    n_packets = untimed = discarded = corrupt = 0
    with container:
        for packet in packets(container, stream):
            n_packets += 1
            discarded += packet.is_discard
            corrupt += packet.is_corrupt
            time = packet.dts if keeps_order_only(container) else packet.pts
            if time is None:
                untimed += 1
            elif not packet.is_discard:
                shown.append(time)
                if packet.is_keyframe:
                    keyframes.append(time)
        start = stream.start_time
    shown.sort()
    repeated = len(shown) - len(set(shown))
    if not shown:
        fault = "it has no timestamps"
    elif untimed or repeated:
        fault = f"{untimed + repeated} of its frames have no timestamp of their own"
    elif corrupt:
        fault = f"{corrupt} of its packets are damaged"
    elif discarded:
        fault = f"an edit list hides {discarded} of its frames"
    elif start is not None and shown[0] < start:
        fault = "it has frames from before its own beginning"
    else:
        fault = None
    return Scan(shown, sorted(keyframes), n_packets, fault)


@dataclass(frozen=True)
class Preflight:
    info: VideoInfo
    scan: Scan
    objection: str | None
    "why decord must not read the file, None where it may"
    shortfall: str | None
    "what the container claims that is not there"


def preflight(path: Path, *, most_bytes: int | None = None) -> Preflight:
    """Decode one frame and read all timestamps.

    Raises NotMediaError, and UsageError where all frames together are more than ``most_bytes`` of
    RGB: at once where the header says so, else when they have been counted.
    """
    container, stream = open_container(path)
    with container:
        _limit(path, stream.frames, stream.width, stream.height, most_bytes)
        frame = _first_frame(path, container, stream)
        info = describe(path, container, stream, frame)
        kind = container.format.name.split(",")[0]
    scanned = scan(path)
    objection = _objection(info, kind, scanned, mirrored=Orientation.of(frame).mirrored)
    if not objection:
        _limit(path, len(scanned.pts), info.width, info.height, most_bytes)
    return Preflight(
        info=replace(info, n_frames=len(scanned.pts)),
        scan=scanned,
        objection=objection,
        shortfall=shortfall(info, scanned.n_packets, max(scanned.pts, default=0)),
    )


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


def _objection(info: VideoInfo, kind: str, scanned: Scan, *, mirrored: bool) -> str | None:
    """Each of these was seen to give wrong or missing frames, most of them without an error."""
    if kind not in _DECORD_FORMATS:
        return f"decord loses frames of some formats, and {kind} is not known to be safe"
    if scanned.fault:
        return f"decord gets the frames wrong where {scanned.fault}"
    if info.codec == "hevc" and len(scanned.keyframes) > 1:
        return "decord stops where an HEVC key frame lets two pictures out at once"
    if mirrored:
        return "it is mirrored, which decord does not undo"
    try:
        str(info.path).encode()
    except UnicodeEncodeError:
        return "decord cannot open a path that is not UTF-8"
    return None
