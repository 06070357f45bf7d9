"""The rows of the tables over all videos, in one pass over their summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vidfx.errors import InputError
from vidfx.tables.corrected import with_corrections
from vidfx.tables.listing import Listed
from vidfx.tables.people import People
from vidfx.tables.rows import STATUS, Cell, appearance_rows, track_rows, video_row
from vidfx.tables.summaries import Summary, read, read_expressions

TableRows = tuple[str, Iterable[Sequence[Cell]]]
"The name of a table, and some of its rows."


class BatchRows:
    """Makes the rows, and counts what was met on the way. Memory does not grow with the tracks."""

    def __init__(self, videos: Sequence[Listed]) -> None:
        self._videos = videos
        self.expressions = _expressions(videos)
        self.statuses = Counter[str]()
        "videos by status"
        self.damaged: list[str] = []
        "why videos, or their corrections, could not be counted"
        self.without_appearances = 0
        "videos of earlier versions, which did not count them"

    def __iter__(self) -> Iterator[TableRows]:
        """A video that cannot be counted costs its rows only."""
        people = People()
        for listed in self._videos:
            summary, damage = _read(listed)
            tracks = summary.tracks if summary else []
            row = video_row(listed, summary, damage)
            self.statuses[str(row[STATUS])] += 1
            yield "videos", [row]
            yield "tracks", track_rows(listed.video, tracks, self.expressions)
            yield "appearances", appearance_rows(listed.video, tracks)
            people.add(listed.video, tracks)
            self.without_appearances += any(track.appearances is None for track in tracks)
            self.damaged += [damage] if damage else []
        yield "people", people.rows(self.expressions)


def _read(listed: Listed) -> tuple[Summary | None, str | None]:
    """The summary as it is counted, and why it, or its corrections, cannot be counted."""
    if listed.summary is None:
        return None, None
    summary = None
    try:
        summary = read(listed.summary)
        return with_corrections(listed.summary, summary), None
    except InputError as error:
        return summary, f"{error} ({error.hint})"


def _expressions(videos: Sequence[Listed]) -> list[str]:
    """All that a model of one of them can name, in the order of their first video."""
    found: dict[str, None] = {}
    for listed in videos:
        if listed.summary is not None:
            found |= dict.fromkeys(read_expressions(listed.summary))
    return [*found]
