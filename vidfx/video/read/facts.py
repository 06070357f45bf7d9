"""The facts of a video, from its header and one decoded frame."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
from av.video.stream import VideoStream

from vidfx.types import VideoInfo
from vidfx.video.container.demuxer import Demuxer
from vidfx.video.container.metadata import metadata_of
from vidfx.video.read.colours import colour_of
from vidfx.video.read.frame_rate import frame_rate
from vidfx.video.read.shape import Shape

_LONGEST_S = 1e7


def describe(demuxer: Demuxer[VideoStream], frame: av.VideoFrame, shape: Shape) -> VideoInfo:
    """Facts from the header, and from the first frame and its shape.

    Raises NotMediaError where packets that have to be counted are encrypted.
    """
    width, height = shape.size
    start_pts = _start_pts(demuxer)
    return VideoInfo(
        path=demuxer.path,
        width=width,
        height=height,
        time_base=_time_base(demuxer),
        start_pts=start_pts if frame.pts is None else min(start_pts, frame.pts),
        n_frames=_frame_count(demuxer),
        duration_s=_duration_s(demuxer),
        frame_rate=frame_rate(demuxer),
        rotation=shape.orientation.rotation,
        codec=demuxer.stream.codec_context.codec.canonical_name,
        pixel_format=frame.format.name,
        has_audio=bool(demuxer.sounds),
        sample_aspect_ratio=shape.upright_pixel,
        colour=colour_of(frame, height),
        metadata=metadata_of(demuxer),
    )


def _time_base(demuxer: Demuxer[VideoStream]) -> Fraction:
    return demuxer.stream.time_base or Fraction(1, 90_000)


def _start_pts(demuxer: Demuxer[VideoStream]) -> int:
    """Playback begins where the first of all streams begins, which is stored in microseconds."""
    own, time_base = demuxer.stream.start_time, _time_base(demuxer)
    microseconds = cast("int | None", demuxer.container.start_time)
    if microseconds is None:
        return own or 0
    start = Fraction(microseconds, av.time_base) / time_base
    if own is not None and abs(own - start) * time_base <= Fraction(2, av.time_base):
        return own
    return round(start)


def _frame_count(demuxer: Demuxer[VideoStream]) -> int | None:
    stream = demuxer.stream
    if demuxer.stores_dts_only or not stream.frames:
        return None
    # FFmpeg's count includes frames that edit lists hide, its index does not
    indexed = len(stream.index_entries) if demuxer.format == "mov" else 0
    return min(stream.frames, indexed) if indexed else stream.frames


def _duration_s(demuxer: Demuxer[VideoStream]) -> float | None:
    """Seconds from playback zero to the end that the container claims; None where unknown."""
    if demuxer.is_raw:
        return None  # FFmpeg estimates it from the size
    time_base = _time_base(demuxer)
    if duration := demuxer.stream.duration:
        return _plausible(float(duration * time_base))
    claimed = _claimed_end_s(demuxer)
    if claimed is None:
        return None
    # Matroska stores the time of the end, not the length
    start = float(_start_pts(demuxer) * time_base)
    return claimed - start if 0 < start < claimed else claimed


def _claimed_end_s(demuxer: Demuxer[VideoStream]) -> float | None:
    try:  # Matroska: "00:00:01.633000000"
        hours, minutes, seconds = demuxer.stream.metadata["DURATION"].split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (KeyError, ValueError):
        end = 0.0
    return _plausible(end) or _plausible((demuxer.container.duration or 0) / av.time_base)


def _plausible(seconds: float) -> float | None:
    return seconds if 0 < seconds < _LONGEST_S else None


def shortfall(info: VideoInfo, count: int, last_pts: int, duration: int = 0) -> str | None:
    """A warning where the container claims more than was read to the end of the file.

    ``duration`` is that of the last frame, in ticks, 0 where it is unknown.
    """
    last_s = max(float(1 / info.frame_rate), float(duration * info.time_base))
    end_s = info.seconds(last_pts) + last_s
    if info.n_frames is not None:
        if count < info.n_frames:
            return f"the container claims {info.n_frames} frames, {count} could be read"
    elif info.duration_s is not None and end_s < 0.95 * info.duration_s - 0.5:
        return f"the container claims {info.duration_s:.1f} s, the pictures end at {end_s:.1f} s"
    return None
