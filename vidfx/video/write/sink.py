"""The annotated video: H.264 in MP4, every frame at its own time, the sound kept."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import cast

import av
import av.container
import numpy as np
from av.codec.context import Flags

from vidfx.atomic import Abortable
from vidfx.types import Frame, VideoInfo
from vidfx.video.write.encoders import DEFAULT, Encoder
from vidfx.video.write.muxer import Mp4Muxer, SinkReport, VideoPacket

_LIMITED = 1
_UNSPECIFIED = 2
_RATES = (1, 300)
_DEFAULT_RATE = Fraction(30)
_HELD_S = 10
"seconds that a last frame may be held longer than any other"


class VideoSink(Abortable):
    """Writes frames of one video, with the sound of ``audio_from``, to ``path``.

    The output's time zero is the input's playback zero, so that a late first frame stays late;
    with ``start_s`` (playback seconds) it is the first frame written, and the sound begins
    there. ``end_s`` ends the sound. ``threads`` 0 lets x264 choose.

    ``path`` appears at ``finish``, whole, or not at all. As a context manager an exception
    aborts, and so does leaving without ``finish``. Every failure is an OutputError.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        audio_from: Path | None,
        encoder: Encoder = DEFAULT,
        start_s: float | None = None,
        end_s: float | None = None,
        threads: int = 0,
    ) -> None:
        self._info = info
        self._encoder = encoder
        self._threads = threads
        self._held: av.VideoFrame | None = None
        self._gap = 0
        self._longest = self._shortest = 0
        self._stored: int | None = None
        self._delay: int | None = None
        "ticks from decoding to showing the first frame"
        self._frames = 0
        self._movie = Mp4Muxer(path, info, audio_from=audio_from, start_s=start_s, end_s=end_s)

    @property
    def part(self) -> Path:
        """Where the file is until it is published."""
        return self._movie.pending.part

    def write(self, frame: Frame) -> None:
        """Add the next frame; its planes, (H * 3 / 2, W) uint8 I420, must not change after.

        Raises ValueError for planes of another size or a pts that does not rise.
        """
        movie, planes = self._movie, frame.planes
        if planes is None:
            raise ValueError("a frame to write needs its planes")
        if not movie.is_open:
            height, width = planes.shape[0] * 2 // 3, planes.shape[1]
            self._video = movie.open(frame.pts, partial(self._add_video, height, width))
        picture = _picture(planes)
        if (picture.width, picture.height) != (self._video.width, self._video.height):
            raise ValueError(
                f"planes are {picture.width}x{picture.height}, "
                f"the video is {self._video.width}x{self._video.height}"
            )
        picture.pts = movie.ticks((frame.pts - movie.zero_pts) * self._info.time_base)
        picture.time_base = Fraction(1, movie.scale)
        with movie.errors():
            # A frame's duration is known when the next one comes.
            self._encode_held(until=picture.pts)
        self._held = picture
        self._stored = frame.duration
        self._frames += 1

    def complete(self) -> SinkReport:
        """Encode what is left and write the rest of the sound: all but the file's name."""
        try:
            if self._held is None or self._held.pts is None:
                raise self._movie.nothing()
            end = self._held.pts + self._last_duration(self._held.pts)
            with self._movie.errors():
                self._encode_held(until=end)
                self._movie.mux(self._encode_last(end))
            return self._movie.complete(self._frames)
        except BaseException:
            self.abort()
            raise

    def publish(self) -> None:
        """Give the completed file its name."""
        self._movie.publish()

    def finish(self) -> SinkReport:
        """Complete the file and give it its name."""
        report = self.complete()
        self.publish()
        return report

    def abort(self) -> None:
        """Stop and leave nothing behind; harmless after ``finish``."""
        self._held = None
        self._movie.abort()

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
        self._movie.mux(self._encode(picture))

    def _encode(self, picture: av.VideoFrame | None) -> list[VideoPacket]:
        packets = cast("list[VideoPacket]", self._video.encode(picture))
        if packets and self._delay is None:
            self._delay = (packets[0].pts or 0) - (packets[0].dts or 0)
        return packets

    def _encode_last(self, end: int) -> list[VideoPacket]:
        """The packets that are left, the very last one until ``end``.

        The muxer adds up decoding times, and a last frame that is far off is not decoded last.
        """
        packets = self._encode(None)
        if packets and packets[-1].dts is not None:
            left = end - (self._delay or 0) - packets[-1].dts
            packets[-1].duration = max(packets[-1].duration or 0, left)
        return packets

    def _last_duration(self, pts: int) -> int:
        """Ticks to show the last frame: as long as the container says, if it may be so.

        Else to the end that it claims; but a damaged file claims what it no longer has, some
        containers forget the last frame, and where they do not say how long frames are shown
        FFmpeg makes it out from their rate.
        """
        info, movie = self._info, self._movie
        nominal = movie.ticks(1 / _frame_rate(info))
        shift = (movie.zero_pts - info.start_pts) * info.time_base

        def until(end_s: float) -> int:
            return movie.ticks(Fraction(end_s) - shift) - pts

        most = max(self._longest, _HELD_S * movie.scale)
        least = (self._shortest or nominal) // 2
        claimed = None if info.duration_s is None else until(info.duration_s)
        stored = movie.ticks((self._stored or 0) * info.time_base)
        if least <= stored <= max(most, claimed or 0):
            duration = stored
        elif claimed is not None and min(self._gap or nominal, nominal) <= claimed <= most:
            duration = claimed
        else:
            duration = self._gap or nominal
        if movie.end_s is None or (left := until(movie.end_s)) <= 0:
            return duration
        return min(duration, left)

    def _add_video(
        self, height: int, width: int, container: av.container.OutputContainer
    ) -> av.VideoStream:
        info, encoder = self._info, self._encoder
        rate, options = _frame_rate(info), dict(encoder.options)
        stream = cast(
            av.VideoStream, container.add_stream(encoder.codec, rate=rate, options=options)
        )
        stream.width = width
        stream.height = height
        stream.pix_fmt = encoder.pixel_format
        # PyAV's default is slices, which cost size.
        stream.thread_type = "FRAME"
        stream.thread_count = self._threads
        context = stream.codec_context
        context.time_base = Fraction(1, self._movie.scale)
        context.sample_aspect_ratio = info.sample_aspect_ratio
        # Without this flag FFmpeg forgets the durations of frames.
        context.flags |= Flags.frame_duration
        context.color_range = _LIMITED
        context.color_primaries = info.colour.primaries
        context.color_trc = info.colour.transfer
        # RGB (0) is no matrix of I420 planes.
        context.colorspace = info.colour.declared or info.colour.matrix or _UNSPECIFIED
        return stream


def _picture(planes: np.ndarray) -> av.VideoFrame:
    """A frame on the memory of ``planes`` where PyAV can: it loses rows of other heights."""
    height = planes.shape[0] * 2 // 3
    make = av.VideoFrame.from_ndarray if height % 4 else av.VideoFrame.from_numpy_buffer
    return make(np.ascontiguousarray(planes), format="yuv420p")


def _frame_rate(info: VideoInfo) -> Fraction:
    """Of rate control and level; a claim that no camera has would give a level no player has."""
    low, high = _RATES
    return info.frame_rate if low <= info.frame_rate <= high else _DEFAULT_RATE
