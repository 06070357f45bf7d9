"""The facts of a video, from its header and from one decoded frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidfx.types import VideoInfo
from vidfx.video.colours import colour_of
from vidfx.video.container import keeps_order_only
from vidfx.video.pixels import Orientation


def describe(
    path: Path, container: InputContainer, stream: VideoStream, frame: av.VideoFrame
) -> VideoInfo:
    """Facts from the header and from one decoded frame."""
    orientation = Orientation.of(frame)
    width, height = frame.width, frame.height
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if orientation.transpose:
        width, height, aspect = height, width, 1 / aspect
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
        colour=colour_of(frame, height),
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
