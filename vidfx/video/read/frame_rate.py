"""The frame rate of a video: as it declares, as counted, or as assumed."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

from av.video.stream import VideoStream

from vidfx.video.container.demuxer import Demuxer, declares_frame_rate, open_video

_PLAUSIBLE = (Fraction(1), Fraction(120))
"frames a second; a declared rate outside of this range is counted instead"
_COUNTED_PACKETS = 100
_MOST_OF_RAW = Fraction(300)
"frames a second that a raw stream may declare; more is the unit of its timestamps"
_ASSUMED = Fraction(25)
"FFmpeg's default"


def frame_rate(demuxer: Demuxer[VideoStream]) -> Fraction:
    """Average frames a second. Raises NotMediaError where packets to count are encrypted."""
    stream = demuxer.stream
    if demuxer.is_raw:
        # MPEG-4 has 60,000 ticks a second, for which its decoder has no rate
        declared = (stream.codec_context.framerate, stream.guessed_rate)
        return next((rate for rate in declared if rate and rate <= _MOST_OF_RAW), _ASSUMED)
    claimed = stream.average_rate or stream.guessed_rate
    if claimed and _PLAUSIBLE[0] <= claimed <= _PLAUSIBLE[1]:
        return claimed
    return _counted(demuxer.path) or claimed or _ASSUMED


def _counted(path: Path) -> Fraction | None:
    """The rate of the first packets; browsers and screen recorders write wrong rates."""
    with open_video(path) as demuxer:
        first = islice(demuxer.packets(), _COUNTED_PACKETS)
        times = {packet.pts for packet in first if packet.pts is not None}
        if not times:
            return None
        duration_s = (max(times) - min(times)) * (demuxer.stream.time_base or Fraction(1, 90_000))
        return (len(times) - 1) / duration_s if duration_s else None


def assumption(demuxer: Demuxer[VideoStream], rate: Fraction) -> str | None:
    """A warning where ``rate`` is FFmpeg's default, because the file declares none."""
    is_raw = demuxer.is_raw or demuxer.container.format.name.endswith("_pipe")
    if not is_raw or rate != _ASSUMED:
        return None
    declared = demuxer.stream.codec_context.framerate
    if declared == _ASSUMED and declares_frame_rate(demuxer.path):
        return None
    return f"it has no timestamps and no frame rate: {_ASSUMED} frames a second are assumed"
