"""Which streams of a file belong together: the main video stream and its sound."""

from __future__ import annotations

from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vidfx.errors import NotMediaError
from vidfx.video.container.formats import CONVERT_HINT, MEDIA_HINT


def main_video(container: InputContainer) -> VideoStream | None:
    """The video stream that is read; None where there are cover pictures at most."""
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    return next((s for s in videos if s is best), videos[0] if videos else None)


def sounds_of(container: InputContainer, video: VideoStream | None) -> tuple[AudioStream, ...]:
    """The decodable sound streams of the video stream's programme, the default one first."""
    streams = container.streams
    # no codec, or a rate of 0: FFmpeg could not identify the stream
    sounds = [s for s in streams.audio if s.codec_context and s.rate > 0]
    if video is not None:
        # the bindings do not list programmes; streams of one have the same best video stream
        own = streams.best("video", related=video)
        sounds = [s for s in sounds if streams.best("video", related=s) is own]
    return tuple(sorted(sounds, key=lambda s: not s.disposition & Disposition.default))


def readable(video: VideoStream | None, container: InputContainer, path: Path) -> VideoStream:
    """The main video stream itself. Raises NotMediaError where there is none, or no decoder."""
    if video is None:
        raise NotMediaError(
            f"{path}: has no video in it, only sound or a cover picture", hint=MEDIA_HINT
        )
    tiles = [s for s in container.streams.video if s.disposition & Disposition.dependent]
    if tiles and video.frames <= 1:
        raise NotMediaError(
            f"{path}: is a picture of {len(tiles)} tiles, which vidfx cannot put together",
            hint="convert it to JPEG, for example with: heif-convert INPUT.heic OUTPUT.jpg",
        )
    # None where this FFmpeg has no decoder, whatever the stubs say
    if getattr(video, "codec_context", None) is None:
        raise NotMediaError(f"{path}: has a video codec without a decoder here", hint=CONVERT_HINT)
    return video
