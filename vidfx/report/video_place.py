"""Where the page of a video finds pictures to show, and whether it may show those of the source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vidfx.corrections.read import Corrections, read_corrections
from vidfx.saved.runs import SavedVideo

NOWHERE = {"path": None, "live": False, "begins_s": 0.0}


def hides(video: SavedVideo) -> bool:
    """Whether somebody is hidden, so that no picture of the source may be shown.

    Raises InputError where a correction is wrong.
    """
    return _run_hides(video) or bool(_corrections(video).of("hide"))


def playable(video: SavedVideo, folder: Path) -> dict[str, Any]:
    """The annotated video or else its source: the address from a page in ``folder``, if any,
    whether boxes are drawn over it, the playback time of the input at its beginning, s, and whether
    somebody is hidden. An annotated video without the corrections that hide somebody is left out.

    Raises InputError where a correction is wrong.
    """
    hidden = hides(video)
    if video.annotated and video.annotated.exists() and _is_drawn(video):
        begins_s = video.summary.get("clock", {}).get("annotated_video_begins_at_s") or 0.0
        path = _address(video.annotated, folder)
        return {"path": path, "live": False, "begins_s": begins_s, "hides": hidden}
    if video.source.is_file() and not hidden:
        path = _address(video.source, folder)
        return {"path": path, "live": True, "begins_s": 0.0, "hides": False}
    return NOWHERE | {"hides": hidden}


def _run_hides(video: SavedVideo) -> bool:
    settings = video.summary.get("fingerprint", {}).get("settings", {})
    return bool(settings.get("hide")) or "privacy" in video.summary.get("outputs", {})


def _is_drawn(video: SavedVideo) -> bool:
    """Whether the annotated video has all corrections; it may lack them where nobody is hidden."""
    now = _corrections(video)
    if not now.of("hide") and not (_run_hides(video) and now.lines):
        return True
    return video.summary.get("corrections", {}).get("sha256") == now.fingerprint()


def _corrections(video: SavedVideo) -> Corrections:
    return read_corrections(video.path, video.expressions)


def _address(file: Path, folder: Path) -> str:
    return quote(os.fsencode(os.path.relpath(file.absolute(), folder.absolute())))
