"""Opens media files with PyAV, chooses the streams, and reads packets.

Only the formats of ``formats.FORMATS`` are opened: nothing that a file refers to is ever followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from vidfx.errors import NotMediaError
from vidfx.video.container import formats
from vidfx.video.container.formats import FORMATS, MEDIA_HINT
from vidfx.video.container.protection import encrypted, is_encrypted
from vidfx.video.container.streams import main_video, readable, sounds_of
from vidfx.video.container.timeline import Timeline

_MAX_READ_ERRORS_IN_A_ROW = 16
_THOROUGH = {"scan_all_pmts": "1", "probesize": "64000000", "analyzeduration": "120000000"}
"""Finds streams that are announced later, but takes the codec of a stream from its last table."""

AnyStream = TypeVar("AnyStream", bound=Stream)

av.logging.set_level(None)


@dataclass(frozen=True)
class Demuxer(Generic[AnyStream]):
    """An open file, and the one stream of it whose packets are read."""

    path: Path
    container: InputContainer
    stream: AnyStream
    video: VideoStream | None
    "the main video stream"
    sounds: tuple[AudioStream, ...]
    "decodable sound streams that belong to it, the default one first"

    @property
    def format(self) -> str:
        """The first of FFmpeg's names of the format: mov, matroska, mpegts, ..."""
        return self.container.format.name.split(",")[0]

    @property
    def is_raw(self) -> bool:
        return formats.is_raw(self.container.format)

    @property
    def stores_dts_only(self) -> bool:
        return formats.stores_dts_only(self.container.format)

    @property
    def may_be_discontinuous(self) -> bool:
        return formats.may_be_discontinuous(self.container.format)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.container.close()

    def packets(
        self, *, timeline: Timeline | None = None, on_error: Callable[[], None] = lambda: None
    ) -> Iterator[av.Packet[AnyStream]]:
        """Packets with data in them, in decoding order, their timestamps made continuous.

        ``on_error`` is called for each read error; reading goes on after it. Raises NotMediaError
        where the video is encrypted.
        """
        for packet in self._packets([self.stream], timeline, on_error):
            if packet.stream is self.stream:
                yield packet  # pyright: ignore[reportReturnType]

    def packets_with_sound(self) -> Iterator[av.Packet[Stream]]:
        """The same of the main video and of all its sounds, as the file has them.

        Of one sound where timestamps have to be made continuous.
        """
        return self._packets([s for s in (self.video, *self.sounds) if s], None, lambda: None)

    def _packets(
        self, streams: list[Stream], timeline: Timeline | None, on_error: Callable[[], None]
    ) -> Iterator[av.Packet[Stream]]:
        if self.may_be_discontinuous:
            # read together by everyone, so that all find the same discontinuities
            streams = [s for s in (self.video, *self.sounds[:1]) if s]
        for stream in self.container.streams:
            stream.discard = Discard.default if stream in streams else Discard.all
        packets = self._read(streams, on_error)
        if self.may_be_discontinuous:
            packets = (timeline or Timeline()).place(packets)
        for packet in packets:
            if packet.stream is self.video and is_encrypted(packet):
                raise encrypted(self.path)
            yield packet

    def _read(
        self, streams: list[Stream], on_error: Callable[[], None]
    ) -> Iterator[av.Packet[Stream]]:
        errors_in_a_row = 0
        while errors_in_a_row < _MAX_READ_ERRORS_IN_A_ROW:
            try:
                for packet in self.container.demux(streams):
                    errors_in_a_row = 0
                    # an empty packet would flush the decoder
                    if packet.size:
                        yield packet
                return
            except IndexError:  # a packet of a stream that was not there at the beginning
                return
            except FFmpegError:
                errors_in_a_row += 1
                on_error()


def open_video(path: Path) -> Demuxer[VideoStream]:
    """Read the main video stream of a file.

    Raises NotMediaError where the file cannot be opened or has no video that can be decoded.
    """
    container = _open_thoroughly(path)
    video = main_video(container)
    try:
        stream = readable(video, container, path)
    except NotMediaError:
        container.close()
        raise
    return Demuxer(path, container, stream, stream, sounds_of(container, stream))


def open_sound(path: Path) -> Demuxer[AudioStream] | None:
    """Read the sound of a file's main video; None where there is none.

    Raises NotMediaError where the file cannot be opened.
    """
    container = _open_thoroughly(path)
    video = main_video(container)
    sounds = sounds_of(container, video)
    if not sounds:
        container.close()
        return None
    return Demuxer(path, container, sounds[0], video, sounds)


def declares_frame_rate(path: Path) -> bool:
    """Whether a raw stream does; FFmpeg assumes its default rate where not."""
    unlikely = "997"
    with _open(path, {"framerate": unlikely}) as container:
        return container.streams.video[0].guessed_rate != int(unlikely)


def decode(stream: VideoStream, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
    """The frames that a packet completes; None flushes the decoder. Raises FFmpegError."""
    return stream.decode(packet)  # pyright: ignore[reportUnknownMemberType]


def _open_thoroughly(path: Path) -> InputContainer:
    """Opened again with a longer probe where sound may be announced late. Raises NotMediaError."""
    container = _open(path, {})
    sounds = container.streams.audio
    is_known = bool(sounds) and all(s.codec_context and s.rate for s in sounds)
    if is_known or not formats.may_be_discontinuous(container.format):
        return container
    container.close()
    return _open(path, _THOROUGH)


def _open(path: Path, options: dict[str, str]) -> InputContainer:
    try:
        if not path.exists():
            raise NotMediaError(f"{path}: does not exist", hint="check the path")
        if not path.is_file():
            raise NotMediaError(f"{path}: is not a file", hint=MEDIA_HINT)
        if path.stat().st_size == 0:
            raise NotMediaError(f"{path}: is empty", hint=MEDIA_HINT)
        return av.open(
            f"file:{path}",
            mode="r",
            metadata_errors="replace",
            container_options={
                "protocol_whitelist": "file",
                "format_whitelist": FORMATS,
                **options,
            },
        )
    except PermissionError as error:
        raise NotMediaError(
            f"{path}: may not be read", hint="check the permissions of the file"
        ) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise NotMediaError(f"{path}: is not a video that can be read", hint=MEDIA_HINT) from error
