"""One way to read any input: the choice of the reader."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from vidfx.config import Reader
from vidfx.errors import DecodeError, UnavailableError, UsageError
from vidfx.video.container.kinds import kind_of
from vidfx.video.container.segment import KeyFrame
from vidfx.video.read.frame_source import FrameSource

DECORD_AHEAD_BYTES = 256 << 20
"""decord reads far ahead of a slower consumer: 550 to 700 MB were measured on clips of 200 frames
and more at 720p and 360p, with ``next()`` and with any number of threads."""


class _Options(TypedDict):
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
    gpu: int | None = None,
    surfaces: bool = False,
) -> tuple[FrameSource, str]:
    """A reader for a video, a picture or a folder of pictures; and why it was chosen.

    ``planes`` asks for Frame.planes. ``start_s`` (inclusive) and ``end_s`` (exclusive) are in
    playback seconds; ``key_frame`` is where to begin decoding for ``start_s``, if known. ``gpu``
    is the number of the GPU that the frames are for; with ``surfaces``, those that it decodes have
    no planes.

    Raises NotMediaError for what cannot be read, UsageError where ``reader`` is decord and decord
    decodes this file wrongly, UnavailableError where ``reader`` cannot be used here.
    """
    options: _Options = {"planes": planes, "start_s": start_s, "end_s": end_s}
    # a reader's libraries are loaded when it is used, not with the program
    kind = kind_of(path)
    if kind == "webp":
        from vidfx.video.read.animation_source import AnimationSource  # noqa: PLC0415

        return AnimationSource(path, **options), "FFmpeg does not read animated WebP"
    if kind == "pictures":
        from vidfx.video.read.image_source import ImageSource  # noqa: PLC0415

        return ImageSource(path, **options), "pictures are read one by one"
    not_on_gpu = ""
    if gpu is not None and reader not in ("decord", "pyav"):
        from vidfx.video.read.device_source import open_on_device  # noqa: PLC0415

        part = start_s is not None or end_s is not None
        on_gpu, why = open_on_device(path, gpu, reader, planes=planes and not surfaces, part=part)
        if on_gpu is not None:
            return on_gpu, why
        not_on_gpu, reader = f"{why}; ", "auto"
    source, why = _open_on_cpu(path, reader, options, key_frame)
    return source, not_on_gpu + why


def _open_on_cpu(
    path: Path, reader: Reader, options: _Options, key_frame: KeyFrame | None
) -> tuple[FrameSource, str]:
    from vidfx.video.read.pyav_source import PyAVSource  # noqa: PLC0415

    if reader not in ("auto", "decord", "pyav"):
        raise UnavailableError(
            f"{path}: {reader} decodes on a GPU, and the engines are on the CPU",
            hint="add --device cuda, or use --reader auto",
        )
    why = _why_pyav(reader, options, key_frame)
    if why is None:
        try:
            return _open_decord(path, reader, options)
        except (UsageError, UnavailableError, DecodeError) as error:
            if reader == "decord":
                raise
            why = f"PyAV, because {str(error).removeprefix(f'{path}: ')}"
    return PyAVSource(path, **options, key_frame=key_frame), why


def _why_pyav(reader: Reader, options: _Options, key_frame: KeyFrame | None) -> str | None:
    """Why decord is not considered; None where the file decides."""
    if reader == "pyav":
        return "PyAV was asked for"
    if key_frame is not None:
        return "PyAV finds the segment"
    if reader == "decord":
        return None
    if options["planes"]:
        return "PyAV gives the planes that the encoder needs, decord does not"
    if options["start_s"]:
        return "PyAV finds the start exactly, decord does not"
    return None


def _open_decord(path: Path, reader: Reader, options: _Options) -> tuple[FrameSource, str]:
    """Raises UsageError where decord does not suit the file, UnavailableError and DecodeError."""
    from vidfx.video.read.decord_source import DecordSource  # noqa: PLC0415
    from vidfx.video.read.preflight import preflight  # noqa: PLC0415

    is_auto = reader == "auto"
    checked = preflight(path, most_bytes=DECORD_AHEAD_BYTES if is_auto else None)
    if checked.objection:
        raise UsageError(f"{path}: {checked.objection}", hint="use --reader pyav")
    source = DecordSource(checked, rescue=is_auto, **options)
    if is_auto:
        return source, "decord: only RGB is needed, and nothing in the file is against it"
    return source, "decord was asked for"
