"""One MP4 file while it is written: the packets of the picture, and the sound between them."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Self, TypeAlias

import av
import av.container
import av.packet
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError

from vidfx.errors import OutputError, output_error
from vidfx.types import Metadata, VideoInfo
from vidfx.video.container.metadata import write_metadata
from vidfx.video.sound.reader import Window
from vidfx.video.sound.track import SoundTrack
from vidfx_engines.files import AtomicFile

_MIN_TIMESCALE = 10_000
VideoPacket: TypeAlias = "av.packet.Packet[av.VideoStream]"


@dataclass(frozen=True)
class VideoReport:
    """What was written."""

    audio: str
    "'copied aac', 'mp2 re-encoded to aac' or 'none'"
    warnings: tuple[str, ...]
    "one line each, for the user"


class Mp4Muxer:
    """Writes one MP4 with one video stream, and with the sound of ``audio_from`` if that is given.

    ``start_s`` and ``end_s``, in playback seconds of the input, bound the sound. With a start, time
    zero of the output is the first frame; else it is the input's playback zero, so that a late
    first frame stays late.

    In this order: ``begin``, ``mux`` until all packets are written, ``complete``. The creator of
    ``file`` then gives it its name, or discards it: if the context ends before ``complete``, the
    file is empty. Every failure is an OutputError.
    """

    def __init__(
        self,
        file: AtomicFile,
        info: VideoInfo,
        *,
        audio_from: Path | None,
        start_s: float | None = None,
        end_s: float | None = None,
        private: bool = False,
    ) -> None:
        """``private``: without tags, chapters and names of the sound, which could name somebody."""
        if private:
            info = replace(info, metadata=Metadata(unread=info.metadata.unread))
        self._private = private
        self.path, self.info, self.end_s = file.path, info, end_s
        self.scale = timescale(info.time_base)
        "ticks per second of the output"
        self.time_base = Fraction(1, self.scale)
        self._ticks_per_pts = int(info.time_base * self.scale)
        self.zero_pts = info.start_pts
        "what becomes time zero of the output, in the input's time base"
        self._audio_from, self._start_s = audio_from, start_s
        self._container: av.container.OutputContainer | None = None
        self._shown = Fraction(0)
        "end of the picture in seconds, so far"
        self._file = file
        self._complete = False

    def begin(
        self, first_pts: int, add_video: Callable[[av.container.OutputContainer], av.VideoStream]
    ) -> av.VideoStream:
        """Open the file and return the stream that ``add_video`` added to it.

        ``first_pts`` is that of the first frame, in the input's time base.
        """
        info = self.info
        if self._start_s:
            self.zero_pts = first_pts
        with self.errors():
            container = av.open(
                str(self._file.writable.absolute()),
                "w",
                format="mp4",
                container_options={
                    "movflags": "+faststart",
                    "avoid_negative_ts": "disabled",
                    "video_track_timescale": str(self.scale),
                    # Delays are stored in movie ticks; the default of 1 ms would round them.
                    "movie_timescale": str(self.scale),
                },
            )
            video = add_video(container)
            playback_zero = info.start_pts * info.time_base
            end = None if self.end_s is None else playback_zero + Fraction(self.end_s)
            window = Window(self.zero_pts * info.time_base, end)
            last = None if info.duration_s is None else playback_zero + Fraction(info.duration_s)
            write_metadata(container, info.metadata, window.zero, window.end or last)
            self._sound = SoundTrack(container, self._audio_from, window, named=not self._private)
            self._container = container
            container.start_encoding()
        return video

    def ticks(self, seconds: Fraction) -> int:
        return round(seconds * self.scale)

    def ticks_at(self, pts: int) -> int:
        """Where ``pts`` of the input is in the output, in ticks."""
        return (pts - self.zero_pts) * self._ticks_per_pts

    def input_pts(self, seconds: Fraction) -> int:
        """The pts in the input of the frame at ``seconds`` in the output."""
        return round(seconds / self.info.time_base) + self.zero_pts

    def mux(self, packets: Iterable[VideoPacket]) -> None:
        """Write video packets, one per frame, and before each the sound up to its time."""
        assert self._container is not None
        with self.errors():
            for packet in packets:
                time_base = packet.time_base
                if packet.dts is not None:
                    self._sound.mux_until(packet.dts * time_base)
                self._shown = max(
                    self._shown, ((packet.pts or 0) + (packet.duration or 0)) * time_base
                )
                self._container.mux_one(packet)

    def complete(self) -> VideoReport:
        """Write the rest of the sound and seal the file, which still has its temporary name."""
        if self._container is None:
            raise OutputError(
                f"cannot write {self.path}: there is no frame to write",
                hint="check the input and the part of it that was asked for",
            )
        with self.errors():
            self._sound.mux_rest(self._shown)
            self._container.close()
            self._sound.close()
            self._file.seal()
        self._complete = True
        warnings = list(self._sound.warnings)
        if unread := self.info.metadata.unread:
            warnings.append(f"left out of the annotated video: {', '.join(unread)}")
        return VideoReport(self._sound.label, tuple(warnings))

    def close(self) -> None:
        """Stop writing. Does nothing after ``complete``."""
        if self._container is None or self._complete:
            return
        # Without its bytes the muxer has no second pass, which may take long.
        self._file.empty()
        self._sound.close()
        with suppress(FFmpegError, OSError):
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def errors(self) -> Generator[None]:
        """Turn what FFmpeg and the system raise into an OutputError about ``path``."""
        try:
            yield
        except OSError as error:
            raise output_error(self.path, error) from error
        except (FFmpegError, UnknownCodecError) as error:
            reason = getattr(error, "strerror", None) or f"no encoder {error}"
            raise OutputError(
                f"cannot write {self.path}: {reason}",
                hint="H.264 or MP4 cannot hold this video as it is; see the size and the settings",
            ) from error


def timescale(time_base: Fraction) -> int:
    """Ticks per second that hold every multiple of ``time_base``; MP4 wants at least 10,000."""
    scale = time_base.denominator
    while scale < _MIN_TIMESCALE:
        scale *= 2
    return scale
