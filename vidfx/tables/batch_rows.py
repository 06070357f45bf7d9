"""The rows of the tables over all videos, in one pass over their summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vidfx.tables.counted import Counted, counted
from vidfx.tables.listing import Listed
from vidfx.tables.people import People
from vidfx.tables.rows import STATUS, Cell, appearance_rows, track_rows, video_row
from vidfx.tables.summaries import read_expressions

TableRows = tuple[str, Iterable[Sequence[Cell]]]
"The name of a table, and some of its rows."


class BatchRows:
    """Makes the rows, and counts what was met on the way. Memory does not grow with the tracks."""

    def __init__(self, listed: Sequence[Listed], videos: Iterable[Counted] | None = None) -> None:
        """``videos`` are those of ``listed``; None: they are read as their rows are asked for."""
        self._videos = counted(listed) if videos is None else videos
        self.expressions = _expressions(listed)
        self.statuses = Counter[str]()
        "videos by status"
        self.damaged: list[str] = []
        "why videos, or their corrections, could not be counted"
        self.without_appearances = 0
        "videos of earlier versions, which did not count them"

    def __iter__(self) -> Iterator[TableRows]:
        """A video that cannot be counted costs its rows only."""
        people = People()
        for video in self._videos:
            name, damage = video.listed.video, _reason(video)
            tracks = video.summary.tracks if video.summary else []
            row = video_row(video.listed, video.summary, damage)
            self.statuses[str(row[STATUS])] += 1
            yield "videos", [row]
            yield "tracks", track_rows(name, tracks, self.expressions)
            yield "appearances", appearance_rows(name, tracks)
            people.add(name, tracks)
            self.without_appearances += any(track.appearances is None for track in tracks)
            self.damaged += [damage] if damage else []
        yield "people", people.rows(self.expressions)


def _reason(video: Counted) -> str | None:
    """Why it, or its corrections, cannot be counted."""
    if video.error is None:
        return None
    return f"{video.error} ({video.error.hint})"


def _expressions(videos: Sequence[Listed]) -> list[str]:
    """All that a model of one of them can name, in the order of their first video."""
    found: dict[str, None] = {}
    for listed in videos:
        if listed.summary is not None:
            found |= dict.fromkeys(read_expressions(listed.summary))
    return [*found]
