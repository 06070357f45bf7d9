"""Frames encoded to H.264 packets, every frame at its own time."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import cast

import av
import av.container
import numpy as np
from av.codec.context import Flags

from vidfx.types import Frame, Surface, VideoInfo
from vidfx.video.write.encoder_choice import DEFAULT, EncoderChoice
from vidfx.video.write.muxer import Mp4Muxer, VideoPacket

_LIMITED = 1
_UNSPECIFIED = 2
_RATES = (1, 300)
_DEFAULT_RATE = Fraction(30)
_HELD_S = 10
"seconds that a last frame may be shown longer than any other"


class VideoEncoder:
    """Encodes the frames of one video, in order, into ``mp4``, which its owner completes.

    ``threads`` 0 lets x264 choose.
    """

    def __init__(self, mp4: Mp4Muxer, choice: EncoderChoice = DEFAULT, *, threads: int = 0) -> None:
        self._mp4, self._choice, self._threads = mp4, choice, threads
        self._video: av.VideoStream | None = None
        self._held: av.VideoFrame | None = None
        "the newest frame: its duration is known when the next one comes"
        self._held_duration: int | None = None
        "of the held frame as its container says, in the input's time base"
        self._gap = self._longest = self._shortest = 0
        "ticks from frame to frame: the last, the longest and the shortest"
        self._delay: int | None = None
        "ticks from decoding to showing the first frame"

    def write(self, frame: Frame) -> None:
        """Add the next frame; its planes, or its Surface where it has none, must not change after.

        Raises ValueError for planes of another size or a pts that does not rise, OutputError.
        """
        picture = self._picture(frame)
        if self._video is None:
            self._video = self._mp4.begin(frame.pts, partial(self._add_video, picture))
        if (picture.width, picture.height) != (self._video.width, self._video.height):
            raise ValueError(
                f"planes are {picture.width}x{picture.height}, "
                f"the video is {self._video.width}x{self._video.height}"
            )
        picture.pts = self._mp4.ticks_at(frame.pts)
        picture.time_base = self._mp4.time_base
        self._encode_held(until=picture.pts)
        self._held, self._held_duration = picture, frame.duration

    def finish(self) -> None:
        """Encode the frames that are not encoded yet. Raises OutputError."""
        if self._held is not None and self._held.pts is not None:
            end = self._held.pts + self._last_duration(self._held.pts)
            self._encode_held(until=end)
            self._held = None
            self._mp4.mux(self._last_packets(end))

    def _picture(self, frame: Frame) -> av.VideoFrame:
        if frame.planes is not None:
            return _picture_of(frame.planes)
        if self._choice.surfaces is None or not isinstance(frame.device, Surface):
            raise ValueError("a frame to write needs its planes")
        with self._mp4.errors():
            return self._choice.surfaces.frame(frame.device)

    def _encode_held(self, until: int) -> None:
        picture = self._held
        if picture is None or picture.pts is None:
            return
        gap = until - picture.pts
        if gap <= 0:
            raise ValueError("the pts of frames must rise")
        self._gap = gap
        self._longest = max(self._longest, gap)
        self._shortest = min(self._shortest or gap, gap)
        picture.duration = gap
        self._mp4.mux(self._packets(picture))

    def _packets(self, picture: av.VideoFrame | None) -> list[VideoPacket]:
        """What the encoder gives for ``picture``; for None, all that it still holds."""
        assert self._video is not None
        with self._mp4.errors():
            packets = cast("list[VideoPacket]", self._video.encode(picture))
        if packets and self._delay is None:
            self._delay = (packets[0].pts or 0) - (packets[0].dts or 0)
        return packets

    def _last_packets(self, end: int) -> list[VideoPacket]:
        """The packets that are left, the last one until ``end``.

        The muxer adds up decoding times, and a last frame that is far off is not decoded last.
        """
        packets = self._packets(None)
        if packets and packets[-1].dts is not None:
            left = end - (self._delay or 0) - packets[-1].dts
            packets[-1].duration = max(packets[-1].duration or 0, left)
        return packets

    def _last_duration(self, pts: int) -> int:
        """Ticks to show the last frame: as long as the container says, if that is plausible.

        Else to the end that it claims. But a damaged file claims more than it still has, some
        containers forget the last frame, and where they do not say how long frames are shown
        FFmpeg guesses it from their rate.
        """
        mp4, info = self._mp4, self._mp4.info
        nominal = mp4.ticks(1 / _frame_rate(info))
        shift = (mp4.zero_pts - info.start_pts) * info.time_base

        def until(end_s: float) -> int:
            return mp4.ticks(Fraction(end_s) - shift) - pts

        most = max(self._longest, _HELD_S * mp4.scale)
        least = (self._shortest or nominal) // 2
        claimed = None if info.duration_s is None else until(info.duration_s)
        stored = mp4.ticks((self._held_duration or 0) * info.time_base)
        if least <= stored <= max(most, claimed or 0):
            duration = stored
        elif claimed is not None and min(self._gap or nominal, nominal) <= claimed <= most:
            duration = claimed
        else:
            duration = self._gap or nominal
        if mp4.end_s is None or (left := until(mp4.end_s)) <= 0:
            return duration
        return min(duration, left)

    def _add_video(
        self, first: av.VideoFrame, container: av.container.OutputContainer
    ) -> av.VideoStream:
        info, choice = self._mp4.info, self._choice
        rate, options = _frame_rate(info), dict(choice.options)
        stream = cast(
            av.VideoStream, container.add_stream(choice.codec, rate=rate, options=options)
        )
        stream.width = first.width
        stream.height = first.height
        stream.pix_fmt = first.format.name
        # PyAV's default is slices, which cost size.
        stream.thread_type = "FRAME"
        stream.thread_count = self._threads
        context = stream.codec_context
        context.time_base = self._mp4.time_base
        context.sample_aspect_ratio = info.sample_aspect_ratio
        # Without this flag FFmpeg forgets the durations of frames.
        context.flags |= Flags.frame_duration
        context.color_range = _LIMITED
        context.color_primaries = info.colour.primaries
        context.color_trc = info.colour.transfer
        # RGB (0) is no matrix of I420 planes.
        context.colorspace = info.colour.declared or info.colour.matrix or _UNSPECIFIED
        return stream


def _picture_of(planes: np.ndarray) -> av.VideoFrame:
    """A frame on the memory of ``planes`` where PyAV can: it loses rows of other heights."""
    height = planes.shape[0] * 2 // 3
    make = av.VideoFrame.from_ndarray if height % 4 else av.VideoFrame.from_numpy_buffer
    return make(np.ascontiguousarray(planes), format="yuv420p")


def _frame_rate(info: VideoInfo) -> Fraction:
    """For rate control and level; no player has the level that an absurd claim would need."""
    low, high = _RATES
    return info.frame_rate if low <= info.frame_rate <= high else _DEFAULT_RATE
