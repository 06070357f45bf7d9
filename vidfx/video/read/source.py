"""One way to read any input: the FrameSource protocol, and the choice of the reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self, TypedDict

from vidfx.config import Reader
from vidfx.errors import DecodeError, UnavailableError, UsageError
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.kinds import Kind, kind_of
from vidfx.video.container.segment import KeyFrame


class FrameSource(Protocol):
    """Upright frames in presentation order, one at a time; read once, then closed."""

    info: VideoInfo
    warnings: list[str]
    "what was survived, a sentence each; complete once the reading is over"

    @property
    def name(self) -> str:
        """pyav, decord or images"""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Frames with strictly rising pts. Raises DecodeError where reading cannot go on."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class _Window(TypedDict):
    planes: bool
    start_s: float | None
    end_s: float | None


def open_source(
    path: Path,
    reader: Reader = "auto",
    *,
    planes: bool,
    start_s: float | None = None,
    end_s: float | None = None,
    key_frame: KeyFrame | None = None,
) -> tuple[FrameSource, str]:
    """A reader for a video, a picture or a folder of pictures; and why it is this one.

    ``planes`` asks for Frame.planes. ``start_s`` (inclusive) and ``end_s`` (exclusive) are in
    playback seconds; ``key_frame`` says where the former is found, which PyAV alone makes use of.
    Raises NotMediaError for what cannot be read, UsageError where ``reader`` names decord for a
    file that it gets wrong, UnavailableError where decord is not here.
    """
    # the libraries behind the readers are loaded when a file is opened, not with the program
    from vidfx.video.read.pyav_source import PyAVSource  # noqa: PLC0415

    window: _Window = {"planes": planes, "start_s": start_s, "end_s": end_s}
    kind = kind_of(path)
    if kind != "video":
        return _open_pictures(path, kind, window)
    if reader == "pyav" or key_frame is not None:
        why = "was asked for" if reader == "pyav" else "finds the segment"
        return PyAVSource(path, **window, key_frame=key_frame), f"PyAV {why}"
    if reader == "decord":
        return _open_decord(path, window, rescue=False), "decord was asked for"
    if reader != "auto":
        raise UnavailableError(
            f"{path}: {reader} decodes on a GPU, and the engines are on the CPU",
            hint="add --device cuda, or use --reader auto",
        )
    if planes or start_s:
        why = "gives the planes that the encoder wants" if planes else "finds the start exactly"
        return PyAVSource(path, **window), f"PyAV {why}, decord does not"
    try:
        source = _open_decord(path, window, rescue=True)
    except (UsageError, UnavailableError, DecodeError) as error:
        reason = str(error).removeprefix(f"{path}: ")
        return PyAVSource(path, **window), f"PyAV, because {reason}"
    return source, "decord: only RGB is needed, and nothing in the file is against it"


def _open_pictures(path: Path, kind: Kind, window: _Window) -> tuple[FrameSource, str]:
    from vidfx.video.read.animation_source import AnimationSource  # noqa: PLC0415
    from vidfx.video.read.image_source import ImageSource  # noqa: PLC0415

    if kind == "webp":
        return AnimationSource(path, **window), "FFmpeg does not read animated WebP"
    return ImageSource(path, **window), "pictures are read one by one"


DECORD_AHEAD_BYTES = 256 << 20
"""decord reads far ahead of a slower consumer: 550 to 700 MB were measured on clips of 200 frames
and more at 720p and 360p, with ``next()`` and with any number of threads."""


def _open_decord(path: Path, window: _Window, *, rescue: bool) -> FrameSource:
    """``rescue``: decord was not asked for, so it must suit in every way, and PyAV may help it."""
    from vidfx.video.read.decord_source import DecordSource  # noqa: PLC0415
    from vidfx.video.read.preflight import preflight  # noqa: PLC0415

    checked = preflight(path, most_bytes=DECORD_AHEAD_BYTES if rescue else None)
    if checked.objection:
        raise UsageError(f"{path}: {checked.objection}", hint="use --reader pyav")
    return DecordSource(checked, rescue=rescue, **window)
