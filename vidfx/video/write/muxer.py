"""An MP4 file while it is being written: video packets as they come, and the sound between them."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import av.container
import av.packet
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError

from vidfx.atomic import Pending, output_error
from vidfx.errors import OutputError
from vidfx.types import VideoInfo
from vidfx.video.container.metadata import write_metadata
from vidfx.video.sound.audio import Sound, Window

_MIN_TIMESCALE = 10_000
VideoPacket: TypeAlias = "av.packet.Packet[av.VideoStream]"


@dataclass(frozen=True)
class SinkReport:
    """What was written."""

    frames: int
    bytes: int
    audio: str
    "'copied aac', 'mp2 re-encoded to aac' or 'none'"
    warnings: tuple[str, ...]
    "one line each, for the user"


class Mp4Muxer:
    """One MP4 file with one video stream, and with the sound of ``audio_from`` if that is given.

    ``start_s`` and ``end_s``, in playback seconds of the input, bound the sound. With a start, time
    zero of the output is the first frame; else it is the input's playback zero.

    ``path`` appears at ``publish``, whole, or not at all. Every failure is an OutputError.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        audio_from: Path | None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        self.info, self.end_s = info, end_s
        self.scale = timescale(info.time_base)
        "ticks a second, for packets"
        self.zero_pts = info.start_pts
        self._audio_from, self._start_s = audio_from, start_s
        self._container: av.container.OutputContainer | None = None
        self._shown = Fraction(0)
        "end of the picture in seconds, so far"
        self.pending = Pending(path)

    @property
    def is_open(self) -> bool:
        return self._container is not None

    def open(
        self, first_pts: int, add_video: Callable[[av.container.OutputContainer], av.VideoStream]
    ) -> av.VideoStream:
        """Begin the file. ``first_pts`` is that of its first frame, in the input's time base."""
        info = self.info
        if self._start_s:
            self.zero_pts = first_pts
        with self.errors():
            container = av.open(
                str(self.pending.file.absolute()),
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
            self._sound = Sound(container, self._audio_from, window)
            self._container = container
            container.start_encoding()
        return video

    def ticks(self, seconds: Fraction) -> int:
        return round(seconds * self.scale)

    def mux(self, packets: Iterable[VideoPacket]) -> None:
        """Write video packets, and the sound that is heard before them."""
        assert self._container is not None
        for packet in packets:
            if packet.dts is not None:
                self._sound.mux_until(packet.dts * packet.time_base)
            end = ((packet.pts or 0) + (packet.duration or 0)) * packet.time_base
            self._shown = max(self._shown, end)
            self._container.mux_one(packet)

    def complete(self, frames: int) -> SinkReport:
        """Write the rest of the sound: all but the file's name."""
        assert self._container is not None
        with self.errors():
            self._sound.mux_rest(self._shown)
            self._container.close()
        self._sound.close()
        size = self.pending.size()
        self.pending.seal()
        warnings = list(self._sound.warnings)
        if unread := self.info.metadata.unread:
            warnings.append(f"left out of the annotated video: {', '.join(unread)}")
        return SinkReport(frames, size, self._sound.label, tuple(warnings))

    def publish(self) -> None:
        """Give the completed file its name."""
        self.pending.publish()

    def abort(self) -> None:
        """Stop and leave nothing behind; harmless after ``publish``."""
        # Without its bytes the muxer has no second pass, which may take long.
        self.pending.empty()
        if self._container is not None:
            self._sound.close()
            with suppress(FFmpegError, OSError):
                self._container.close()
        self.pending.discard()

    def nothing(self) -> OutputError:
        return OutputError(
            f"cannot write {self.pending.path}: there was not one frame to write",
            hint="check the input and the part of it that was asked for",
        )

    @contextmanager
    def errors(self) -> Generator[None]:
        path = self.pending.path
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


def timescale(time_base: Fraction) -> int:
    """Ticks per second that hold every multiple of ``time_base``; as many as MP4 likes to have."""
    scale = time_base.denominator
    while scale < _MIN_TIMESCALE:
        scale *= 2
    return scale
