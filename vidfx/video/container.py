"""Opens media: PyAV with a list of the formats that are media in themselves.

Playlists and other formats that name further files or addresses are never followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from vidfx.errors import NotMediaError
from vidfx.video.formats import CONVERT, FORMATS

HINT = "give a video file, a picture, or a folder of pictures"

_MAX_READ_ERRORS_IN_A_ROW = 16

av.logging.set_level(None)


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """The container and its main video stream.

    Raises NotMediaError, with the path first, whatever is wrong.
    """
    try:
        if not path.exists():
            raise NotMediaError(f"{path}: does not exist", hint="check the path")
        if not path.is_file():
            raise NotMediaError(f"{path}: is not a file", hint=HINT)
        if path.stat().st_size == 0:
            raise NotMediaError(f"{path}: is empty", hint=HINT)
        container = av.open(
            f"file:{path}",
            mode="r",
            metadata_errors="replace",
            container_options={"protocol_whitelist": "file", "format_whitelist": FORMATS},
        )
    except PermissionError as error:
        raise NotMediaError(
            f"{path}: may not be read", hint="check the permissions of the file"
        ) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise NotMediaError(f"{path}: is not a video that can be read", hint=HINT) from error
    try:
        return container, _main_video(container, path)
    except NotMediaError:
        container.close()
        raise


def _main_video(container: InputContainer, path: Path) -> VideoStream:
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not videos:
        raise NotMediaError(f"{path}: has no video in it, only sound or a cover picture", hint=HINT)
    main = next((s for s in videos if s is container.streams.best("video")), videos[0])
    # the bindings leave this None for codecs that this FFmpeg has no decoder for
    if getattr(main, "codec_context", None) is None:
        raise NotMediaError(
            f"{path}: its video codec is not known here",
            hint=CONVERT,
        )
    for other in container.streams:
        if other is not main:
            other.discard = Discard.all
    return main


def packets(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[VideoStream]]:
    """Packets with data in them, in decoding order, going on after what cannot be read."""
    errors_in_a_row = 0
    while errors_in_a_row < _MAX_READ_ERRORS_IN_A_ROW:
        try:
            for packet in container.demux(stream):
                errors_in_a_row = 0
                # an empty packet would tell the decoder that the stream has ended
                if packet.size:
                    yield packet
            return
        except IndexError:  # a stream that appeared late
            return
        except FFmpegError:
            errors_in_a_row += 1


def keeps_order_only(container: InputContainer) -> bool:
    """AVI stores no presentation times: decoding times, in order, are what it shows frames at."""
    return container.format.name == "avi"


def decode(stream: VideoStream, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
    """The frames that a packet completes; None asks for those that are left at the end."""
    return stream.decode(packet)  # pyright: ignore[reportUnknownMemberType]


def no_picture(path: Path, reason: str) -> NotMediaError:
    why = f" ({reason})" if reason else ""
    return NotMediaError(f"{path}: not one picture in it can be decoded{why}", hint=HINT)
