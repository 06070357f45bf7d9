"""Opens media: PyAV with a list of the formats that are media in themselves.

Playlists and other formats that name further files or addresses are never followed.
Which streams belong together is decided here, for all who read the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from vidfx.errors import NotMediaError
from vidfx.video.container.formats import CONVERT, FORMATS
from vidfx.video.container.protection import encrypted, is_encrypted, is_scrambled
from vidfx.video.container.timeline import NO_TIMESTAMPS, Timeline, clock_may_jump

HINT = "give a video file, a picture, or a folder of pictures"

_MAX_READ_ERRORS_IN_A_ROW = 16
_THOROUGH = {"scan_all_pmts": "1", "probesize": "64000000", "analyzeduration": "120000000"}
"""Finds streams that are announced later, but takes the codec of a stream from its last table."""

AnyStream = TypeVar("AnyStream", bound=Stream)

av.logging.set_level(None)


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """The container and its main video stream.

    Raises NotMediaError, with the path first, whatever is wrong.
    """
    container = open_media(path)
    try:
        return container, _main_video(container, path)
    except NotMediaError:
        container.close()
        raise


def open_media(path: Path) -> InputContainer:
    """The container of any media. Raises NotMediaError."""
    container = _open(path, {})
    if not clock_may_jump(container) or _is_known(container):
        return container
    container.close()
    return _open(path, _THOROUGH)


def _is_known(container: InputContainer) -> bool:
    """Whether there is sound, and all of it known; it may begin later, where no list says so."""
    sounds = container.streams.audio
    return bool(sounds) and all(sound.codec_context and sound.rate for sound in sounds)


def _open(path: Path, options: dict[str, str]) -> InputContainer:
    try:
        if not path.exists():
            raise NotMediaError(f"{path}: does not exist", hint="check the path")
        if not path.is_file():
            raise NotMediaError(f"{path}: is not a file", hint=HINT)
        if path.stat().st_size == 0:
            raise NotMediaError(f"{path}: is empty", hint=HINT)
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
        raise NotMediaError(f"{path}: is not a video that can be read", hint=HINT) from error


def says_its_rate(path: Path) -> bool:
    """Whether a raw stream does, rather than FFmpeg assuming the rate that is its default."""
    unlikely = "997"
    with _open(path, {"framerate": unlikely}) as container:
        return container.streams.video[0].guessed_rate != int(unlikely)


def _main_video(container: InputContainer, path: Path) -> VideoStream:
    main = main_picture(container)
    if main is None:
        raise NotMediaError(f"{path}: has no video in it, only sound or a cover picture", hint=HINT)
    tiles = [s for s in container.streams.video if s.disposition & Disposition.dependent]
    if tiles and main.frames <= 1:
        raise NotMediaError(
            f"{path}: is a picture of {len(tiles)} tiles, which nothing here puts together",
            hint="convert it to JPEG, for example with: heif-convert INPUT.heic OUTPUT.jpg",
        )
    # the bindings leave this None for codecs that this FFmpeg has no decoder for
    if getattr(main, "codec_context", None) is None:
        raise NotMediaError(
            f"{path}: its video codec is not known here",
            hint=CONVERT,
        )
    return main


def main_picture(container: InputContainer) -> VideoStream | None:
    """The video stream that is read, None where there are cover pictures at most."""
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    return next((s for s in videos if s is best), videos[0] if videos else None)


def sounds_of(container: InputContainer) -> list[AudioStream]:
    """The sound streams that can be read, of the picture's own programme, the one to take first."""
    streams, picture = container.streams, main_picture(container)
    # None and rate 0 are codecs and streams that FFmpeg could not make out
    sounds = [s for s in streams.audio if s.codec_context and s.rate > 0]
    if picture is not None:
        # streams of one programme have the same best picture
        own = streams.best("video", related=picture)
        sounds = [s for s in sounds if streams.best("video", related=s) is own]
    return sorted(sounds, key=lambda s: not s.disposition & Disposition.default)


def packets(
    container: InputContainer,
    wanted: AnyStream,
    *,
    timeline: Timeline | None = None,
    on_error: Callable[[], None] = lambda: None,
) -> Iterator[av.Packet[AnyStream]]:
    """Packets of one stream with data in them, in decoding order, on the file's one clock.

    What cannot be read is passed over, and ``on_error`` told.
    """
    mended = clock_may_jump(container)
    streams: list[Stream] = [wanted]
    if mended:
        # picture and sound find the same jumps, whoever reads
        streams = [s for s in (main_picture(container), *sounds_of(container)[:1]) if s]
    for stream in container.streams:
        stream.discard = Discard.default if stream in streams else Discard.all
    found = _read(container, streams, on_error)
    for packet in (timeline or Timeline()).place(found) if mended else found:
        if packet.stream is wanted:
            if isinstance(wanted, VideoStream) and is_encrypted(packet):
                raise encrypted(container.name.removeprefix("file:"))
            yield packet  # pyright: ignore[reportReturnType]


def _read(
    container: InputContainer, streams: list[Stream], on_error: Callable[[], None]
) -> Iterator[av.Packet[Stream]]:
    errors_in_a_row = 0
    while errors_in_a_row < _MAX_READ_ERRORS_IN_A_ROW:
        try:
            for packet in container.demux(streams):
                errors_in_a_row = 0
                # an empty packet would tell the decoder that the stream has ended
                if packet.size:
                    yield packet
            return
        except IndexError:  # a stream that appeared late
            return
        except FFmpegError:
            errors_in_a_row += 1
            on_error()


def keeps_order_only(container: InputContainer) -> bool:
    """AVI stores no presentation times: decoding times, in order, are what it shows frames at."""
    return container.format.name == "avi"


def has_no_times(container: InputContainer) -> bool:
    """Raw streams: nothing but pictures, one after the other."""
    return bool(container.format.flags & NO_TIMESTAMPS)


def decode(stream: VideoStream, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
    """The frames that a packet completes; None asks for those that are left at the end."""
    return stream.decode(packet)  # pyright: ignore[reportUnknownMemberType]


def no_picture(path: Path, reason: str) -> NotMediaError:
    if is_scrambled(path):
        return encrypted(str(path))
    why = f" ({reason})" if reason else ""
    return NotMediaError(f"{path}: not one picture in it can be decoded{why}", hint=HINT)
