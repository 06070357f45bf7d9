"""Which readers work on this machine, for vidfx doctor."""

from __future__ import annotations

from importlib.metadata import version

import av

from vidfx.errors import UnavailableError
from vidfx.video.read.decord_source import load_decord


def decoders() -> str:
    """The readers that work, with versions. Raises UnavailableError where PyAV has no H.264."""
    if "h264" not in av.codecs_available:
        raise UnavailableError("this PyAV has no H.264", hint="pip install --force-reinstall av")
    pyav = f"PyAV {version('av')}"
    try:
        load_decord()
    except UnavailableError as error:
        return f"{pyav}; not {error} (pip install --force-reinstall decord2)"
    return f"{pyav}, decord2 {version('decord2')}"
