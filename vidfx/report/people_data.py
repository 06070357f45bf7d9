"""What the page shows of groups: which people may be one, and how doubtful each track is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidfx.people.groups_file import read_groups


def groups_content(out: Path) -> dict[str, Any] | None:
    """Of the groups of a folder; None where there are none. Raises InputError."""
    groups = read_groups(out)
    if groups is None:
        return None
    alike = ((groups.names[e.one], groups.names[e.other]) for e in groups.alike)
    return {
        "next": groups.next_number,
        "alike": [*dict.fromkeys(pair for pair in alike if pair[0] != pair[1])],
        "doubts": {
            name: {track.track: track.doubt for track in video.tracks if track.doubt}
            for name, video in groups.videos.items()
        },
    }
