"""What can be decoded and encoded here, found out by doing it."""

from __future__ import annotations

import importlib
from fractions import Fraction

import av
from av.codec import Codec
from av.error import FFmpegError

from vidfx.errors import UnavailableError

NVENC = "h264_nvenc"
X264 = "libx264"


def decoders() -> str:
    """The readers that work, with their versions. Raises UnavailableError without PyAV's H.264."""
    if "h264" not in av.codecs_available:
        raise UnavailableError("this PyAV has no H.264", hint="pip install --force-reinstall av")
    from importlib.metadata import version  # noqa: PLC0415 - slow, and only doctor asks

    found = f"PyAV {version('av')}"
    try:
        importlib.import_module("decord")
    except Exception as error:  # noqa: BLE001 - its import raises whatever its loader does
        return f"{found}; not decord: {error} (pip install --force-reinstall decord2)"
    return f"{found}, decord2 {version('decord2')}"


def encoders() -> str:
    """What writes H.264: the CPU's encoder, and NVENC where it opens. Raises UnavailableError."""
    if not opens(X264):
        raise UnavailableError("libx264 does not open", hint="pip install --force-reinstall av")
    return "x264" + (", NVENC" if opens(NVENC) else "; not NVENC: it does not open here")


def opens(name: str) -> bool:
    """Whether an encoder takes a picture size: being listed is not enough."""
    try:
        context = Codec(name, "w").create("video")
        context.width, context.height, context.pix_fmt = 256, 256, "yuv420p"
        context.framerate = Fraction(25)
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True
