"""Which decoders and encoders work on this machine, found by trying them."""

from __future__ import annotations

import importlib
from fractions import Fraction

import av
from av.codec import Codec
from av.error import FFmpegError

from vidfx.errors import UnavailableError

NVENC = "h264_nvenc"
X264 = "libx264"


def ffmpeg_version() -> str:
    """Of the FFmpeg that PyAV brings."""
    return av.ffmpeg_version_info


def decoders() -> str:
    """The readers that work, with versions. Raises UnavailableError where PyAV has no H.264."""
    if "h264" not in av.codecs_available:
        raise UnavailableError("this PyAV has no H.264", hint="pip install --force-reinstall av")
    from importlib.metadata import version  # noqa: PLC0415 - slow, used by doctor only

    pyav = f"PyAV {version('av')}"
    try:
        importlib.import_module("decord")
    except Exception as error:  # noqa: BLE001 - importing it loads libraries, which may raise anything
        return f"{pyav}; not decord: {error} (pip install --force-reinstall decord2)"
    return f"{pyav}, decord2 {version('decord2')}"


def encoders() -> str:
    """The H.264 encoders that work: x264, and NVENC if it opens.

    Raises UnavailableError where x264 does not open.
    """
    if not encoder_opens(X264):
        raise UnavailableError("libx264 does not open", hint="pip install --force-reinstall av")
    return "x264" + (", NVENC" if encoder_opens(NVENC) else "; not NVENC: it does not open here")


def encoder_opens(name: str) -> bool:
    """Whether an encoder can be opened; PyAV lists encoders that cannot."""
    try:
        context = Codec(name, "w").create("video")
        context.width, context.height, context.pix_fmt = 256, 256, "yuv420p"
        context.framerate = Fraction(25)
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True
