"""The facts of a video, from its header and from one decoded frame."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidfx.types import VideoInfo
from vidfx.video.container.container import (
    has_no_times,
    keeps_order_only,
    open_container,
    packets,
    says_its_rate,
    sounds_of,
)
from vidfx.video.container.metadata import metadata_of
from vidfx.video.read.colours import colour_of
from vidfx.video.read.shape import Shape

_CAMERAS = (Fraction(1), Fraction(120))
"frames a second that are believed as they are claimed"
_COUNTED = 100
"packets from which any other rate is made out"
_RAW_MOST = Fraction(300)
"that a raw stream may say; more is the unit of its clock"
_ASSUMED_RATE = Fraction(25)
_LONGEST_S = 1e7


def describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    frame: av.VideoFrame,
    shape: Shape,
) -> VideoInfo:
    """Facts from the header and from one decoded frame and its shape."""
    width, height = shape.size
    start = _start_pts(container, stream)
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        time_base=_time_base(stream),
        start_pts=start if frame.pts is None else min(start, frame.pts),
        frame_rate=_frame_rate(path, container, stream),
        n_frames=_frame_count(container, stream),
        duration_s=_duration(container, stream),
        rotation=shape.orientation.rotation,
        codec=stream.codec_context.codec.canonical_name,
        pixel_format=frame.format.name,
        has_audio=bool(sounds_of(container)),
        sample_aspect_ratio=shape.upright_pixel,
        colour=colour_of(frame, height),
        metadata=metadata_of(container),
    )


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


def _frame_count(container: InputContainer, stream: VideoStream) -> int | None:
    if keeps_order_only(container) or not stream.frames:
        return None
    # FFmpeg counts all that are stored, and lists those that edit lists leave
    listed = len(stream.index_entries) if container.format.name.startswith("mov") else 0
    return min(stream.frames, listed) if listed else stream.frames


def _frame_rate(path: Path, container: InputContainer, stream: VideoStream) -> Fraction:
    if has_no_times(container):
        # MPEG-4 has a clock of 60,000 ticks, of which its decoder knows no rate
        said = (stream.codec_context.framerate, stream.guessed_rate)
        return next((rate for rate in said if rate and rate <= _RAW_MOST), _ASSUMED_RATE)
    claimed = stream.average_rate or stream.guessed_rate
    if claimed and _CAMERAS[0] <= claimed <= _CAMERAS[1]:
        return claimed
    return _counted_rate(path) or claimed or _ASSUMED_RATE


def _counted_rate(path: Path) -> Fraction | None:
    """Frames a second of the first packets; headers of browsers and of screen recorders lie."""
    container, stream = open_container(path)
    with container:
        first = islice(packets(container, stream), _COUNTED)
        times = {packet.pts for packet in first if packet.pts is not None}
        length = (max(times) - min(times)) * _time_base(stream) if times else 0
        return (len(times) - 1) / length if length else None


def assumed_rate(
    path: Path, info: VideoInfo, container: InputContainer, stream: VideoStream
) -> str | None:
    """A warning where nobody says at which rate frames are shown."""
    raw = has_no_times(container) or container.format.name.endswith("_pipe")
    if not raw or info.frame_rate != _ASSUMED_RATE:
        return None
    if stream.codec_context.framerate == _ASSUMED_RATE and says_its_rate(path):
        return None
    return f"it has no timestamps and no frame rate: {_ASSUMED_RATE} frames a second are assumed"


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds from playback zero to the end that is claimed."""
    if has_no_times(container):
        return None  # FFmpeg guesses it from the size
    if stream.duration:
        return _believed(float(stream.duration * _time_base(stream)))
    claimed = _claimed_end(container, stream)
    if claimed is None:
        return None
    # Matroska says when the file ends, not how long it is
    start = float(_start_pts(container, stream) * _time_base(stream))
    return claimed - start if 0 < start < claimed else claimed


def _claimed_end(container: InputContainer, stream: VideoStream) -> float | None:
    try:  # Matroska: "00:00:01.633000000"
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (KeyError, ValueError):
        end = 0.0
    return _believed(end) or _believed((container.duration or 0) / av.time_base)


def _believed(seconds: float) -> float | None:
    return seconds if 0 < seconds < _LONGEST_S else None


def shortfall(info: VideoInfo, count: int, last_pts: int, duration: int = 0) -> str | None:
    """What the container claims that is not there, after a reading to the end.

    ``duration`` is that of the last frame, in ticks, 0 where it is not known.
    """
    last_s = max(float(1 / info.frame_rate), float(duration * info.time_base))
    end_s = info.seconds(last_pts) + last_s
    if info.n_frames is not None:
        if count < info.n_frames:
            return f"the container claims {info.n_frames} frames, {count} could be read"
    elif info.duration_s is not None and end_s < 0.95 * info.duration_s - 0.5:
        return f"the container claims {info.duration_s:.1f} s, the pictures end at {end_s:.1f} s"
    return None
