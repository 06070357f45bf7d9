"""Where the page of a video finds pictures to show, and whether it may show those of the source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vidfx.corrections.read import saved_corrections
from vidfx.corrections.shown import hides_faces, is_drawn_hidden
from vidfx.saved.runs import SavedVideo

NOWHERE = {"path": None, "live": False, "begins_s": 0.0}


def playable(video: SavedVideo, folder: Path) -> dict[str, Any]:
    """The annotated video or else its source: the address from a page in ``folder``, if any,
    whether boxes are drawn over it, the playback time of the input at its beginning, s, and whether
    somebody is hidden. An annotated video without the corrections that hide somebody is left out.

    Raises InputError where a correction is wrong.
    """
    hidden = hides_faces(video)
    if video.annotated and video.annotated.exists() and _is_drawn(video):
        begins_s = video.summary.get("clock", {}).get("annotated_video_begins_at_s") or 0.0
        path = _address(video.annotated, folder)
        return {"path": path, "live": False, "begins_s": begins_s, "hides": hidden}
    if video.source.is_file() and not hidden:
        path = _address(video.source, folder)
        return {"path": path, "live": True, "begins_s": 0.0, "hides": False}
    return NOWHERE | {"hides": hidden}


def _is_drawn(video: SavedVideo) -> bool:
    """Whether the annotated video has all corrections; it may lack them where nobody is hidden."""
    now = saved_corrections(video)
    if not now.of("hide") and not (is_drawn_hidden(video) and now.lines):
        return True
    return video.summary.get("corrections", {}).get("sha256") == now.fingerprint()


def _address(file: Path, folder: Path) -> str:
    return quote(os.fsencode(os.path.relpath(file.absolute(), folder.absolute())))
