"""The annotated video: H.264 in MP4, every frame at its own time, the sound kept."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
import av.container
import av.packet
import numpy as np
from av.codec.codec import UnknownCodecError
from av.codec.context import Flags
from av.error import FFmpegError

from vidfx.errors import OutputError
from vidfx.types import Frame, VideoInfo
from vidfx.video.atomic import Pending, output_error
from vidfx.video.audio import Sound, Window
from vidfx.video.encoders import DEFAULT, Encoder

_LIMITED = 1
_UNSPECIFIED = 2
_MIN_TIMESCALE = 10_000
_RATES = (1, 300)
_DEFAULT_RATE = Fraction(30)
_HELD_S = 10
"seconds that a last frame may be held longer than any other"


@dataclass(frozen=True)
class SinkReport:
    """What was written."""

    frames: int
    bytes: int
    audio: str
    "'copied aac', 'mp2 re-encoded to aac' or 'none'"
    warnings: tuple[str, ...]
    "one line each, for the user"


class VideoSink:
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
        self._audio_from = audio_from
        self._encoder = encoder
        self._threads = threads
        self._start_s = start_s
        self._end_s = end_s
        self._scale = _timescale(info.time_base)
        self._zero = info.start_pts
        self._held: av.VideoFrame | None = None
        self._gap = 0
        self._longest = 0
        self._frames = 0
        self._container: av.container.OutputContainer | None = None
        self._pending = Pending(path)

    def write(self, frame: Frame) -> None:
        """Add the next frame; its planes, (H * 3 / 2, W) uint8 I420, must not change after.

        Raises ValueError for planes of another size or a pts that does not rise.
        """
        planes = frame.planes
        if planes is None:
            raise ValueError("a frame to write needs its planes")
        if self._container is None:
            self._open(frame.pts, height=planes.shape[0] * 2 // 3, width=planes.shape[1])
        picture = _picture(planes)
        if (picture.width, picture.height) != (self._video.width, self._video.height):
            raise ValueError(
                f"planes are {picture.width}x{picture.height}, "
                f"the video is {self._video.width}x{self._video.height}"
            )
        picture.pts = self._ticks((frame.pts - self._zero) * self._info.time_base)
        picture.time_base = Fraction(1, self._scale)
        with self._errors():
            # A frame's duration is known when the next one comes.
            self._encode_held(until=picture.pts)
        self._held = picture
        self._frames += 1

    def complete(self) -> SinkReport:
        """Encode what is left and write the rest of the sound: all but the file's name."""
        try:
            if self._container is None or self._held is None or self._held.pts is None:
                raise OutputError(
                    f"cannot write {self._pending.path}: there was not one frame to write",
                    hint="check the input and the part of it that was asked for",
                )
            with self._errors():
                self._encode_held(until=self._held.pts + self._last_duration(self._held.pts))
                self._mux(self._video.encode(None))
                self._sound.mux_rest()
                self._container.close()
                size = self._pending.part.stat().st_size
            self._sound.close()
            self._pending.seal()
        except BaseException:
            self.abort()
            raise
        return SinkReport(self._frames, size, self._sound.label, tuple(self._sound.warnings))

    def publish(self) -> None:
        """Give the completed file its name."""
        self._pending.publish()

    def finish(self) -> SinkReport:
        """Complete the file and give it its name."""
        report = self.complete()
        self.publish()
        return report

    def abort(self) -> None:
        """Stop and leave nothing behind; harmless after ``finish``."""
        # Without its file the muxer cannot begin its second pass, which may take long.
        self._pending.discard()
        self._held = None
        if self._container is not None:
            self._sound.close()
            with suppress(FFmpegError, OSError):
                self._container.close()

    def __enter__(self) -> VideoSink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()

    def _open(self, first_pts: int, *, height: int, width: int) -> None:
        info = self._info
        if self._start_s:
            self._zero = first_pts
        with self._errors():
            container = av.open(
                str(self._pending.part.absolute()),
                "w",
                format="mp4",
                container_options={
                    "movflags": "+faststart",
                    "avoid_negative_ts": "disabled",
                    "video_track_timescale": str(self._scale),
                    # Delays are stored in movie ticks; the default of 1 ms would round them.
                    "movie_timescale": str(self._scale),
                },
            )
            video = _add_video(container, info, height, width, self._encoder)
            video.codec_context.time_base = Fraction(1, self._scale)
            video.thread_count = self._threads
            playback_zero = info.start_pts * info.time_base
            end = None if self._end_s is None else playback_zero + Fraction(self._end_s)
            window = Window(self._zero * info.time_base, end)
            sound = Sound(container, self._audio_from, window)
            self._container, self._video, self._sound = container, video, sound
            container.start_encoding()

    def _encode_held(self, until: int) -> None:
        picture = self._held
        if picture is None or picture.pts is None:
            return
        gap = until - picture.pts
        if gap <= 0:
            raise ValueError("the pts of frames must rise")
        self._gap = gap
        self._longest = max(self._longest, gap)
        picture.duration = gap
        self._mux(self._video.encode(picture))

    def _mux(self, packets: Sequence[av.packet.Packet[av.VideoStream]]) -> None:
        assert self._container is not None
        for packet in packets:
            if packet.dts is not None:
                self._sound.mux_until(packet.dts * packet.time_base)
            self._container.mux_one(packet)

    def _last_duration(self, pts: int) -> int:
        """Ticks to show the last frame: to the end that the container claims, if it may be so.

        A damaged file claims what it no longer has, and some containers forget the last frame.
        """
        info = self._info
        nominal = self._ticks(1 / _frame_rate(info))
        gap = self._gap or nominal
        ends = [s for s in (info.duration_s, self._end_s) if s is not None]
        if not ends:
            return gap
        left = self._ticks(Fraction(min(ends)) - (self._zero - info.start_pts) * info.time_base)
        left -= pts
        most = max(self._longest, _HELD_S * self._scale)
        return left if min(gap, nominal) <= left <= most else gap

    def _ticks(self, seconds: Fraction) -> int:
        return round(seconds * self._scale)

    @contextmanager
    def _errors(self) -> Generator[None]:
        path = self._pending.path
        try:
            yield
        except OSError as error:
            raise output_error(path, error) from error
        except (FFmpegError, UnknownCodecError) as error:
            reason = getattr(error, "strerror", None) or f"no encoder {error}"
            raise OutputError(
                f"cannot write {path}: {reason}",
                hint="H.264 or MP4 cannot hold this video as it is; see the size and the settings",
            ) from error


def _picture(planes: np.ndarray) -> av.VideoFrame:
    """A frame on the memory of ``planes`` where PyAV can: it loses rows of other heights."""
    height = planes.shape[0] * 2 // 3
    make = av.VideoFrame.from_ndarray if height % 4 else av.VideoFrame.from_numpy_buffer
    return make(np.ascontiguousarray(planes), format="yuv420p")


def _timescale(time_base: Fraction) -> int:
    """Ticks per second that hold every multiple of ``time_base``; as many as MP4 likes to have."""
    scale = time_base.denominator
    while scale < _MIN_TIMESCALE:
        scale *= 2
    return scale


def _frame_rate(info: VideoInfo) -> Fraction:
    """Of rate control and level; a claim that no camera has would give a level no player has."""
    low, high = _RATES
    return info.frame_rate if low <= info.frame_rate <= high else _DEFAULT_RATE


def _add_video(
    container: av.container.OutputContainer,
    info: VideoInfo,
    height: int,
    width: int,
    encoder: Encoder,
) -> av.VideoStream:
    rate, options = _frame_rate(info), dict(encoder.options)
    stream = cast(av.VideoStream, container.add_stream(encoder.codec, rate=rate, options=options))
    stream.width = width
    stream.height = height
    stream.pix_fmt = encoder.pixel_format
    # PyAV's default is slices, which cost size.
    stream.thread_type = "FRAME"
    context = stream.codec_context
    context.sample_aspect_ratio = info.sample_aspect_ratio
    # Without this flag FFmpeg forgets the durations of frames.
    context.flags |= Flags.frame_duration
    context.color_range = _LIMITED
    context.color_primaries = info.colour.primaries
    context.color_trc = info.colour.transfer
    # RGB (0) is no matrix of I420 planes.
    context.colorspace = info.colour.matrix or _UNSPECIFIED
    return stream
