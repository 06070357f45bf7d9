"""Which encoders work on this machine, found by trying them; and which FFmpeg this is."""

from __future__ import annotations

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
