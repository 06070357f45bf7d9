"""Where the page of a video finds the video to play."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vidfx.saved.runs import SavedVideo


def playable(video: SavedVideo, folder: Path) -> dict[str, Any]:
    """The annotated video or else its source: the address from a page in ``folder``, if any,
    whether boxes are drawn over it, and the playback time of the input at its beginning, s.
    """
    begins_s = video.summary.get("clock", {}).get("annotated_video_begins_at_s") or 0.0
    if video.annotated and video.annotated.exists():
        return {"path": _address(video.annotated, folder), "live": False, "begins_s": begins_s}
    if video.source.is_file():
        return {"path": _address(video.source, folder), "live": True, "begins_s": 0.0}
    return {"path": None, "live": False, "begins_s": 0.0}


def _address(file: Path, folder: Path) -> str:
    return quote(os.fsencode(os.path.relpath(file.absolute(), folder.absolute())))
