"""Writes the tables of an output folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vidfx.errors import InputError, output_errors
from vidfx.output.strict_json import to_json
from vidfx.schema import batch
from vidfx.tables.corrected import with_corrections
from vidfx.tables.listing import Listed, list_videos
from vidfx.tables.people import People
from vidfx.tables.rows import STATUS, appearance_rows, track_rows, video_row
from vidfx.tables.summaries import Summary, read, read_expressions
from vidfx.tables.table_file import TableFile
from vidfx_engines.files import write_atomically

FOLDER = "tables"
"""Below the output folder. No result of a video has the name of a table."""
FACTS = "tables.json"
MOST_LINES = 5


@dataclass(frozen=True)
class TablesWritten:
    """What was written."""

    folder: Path
    rows: dict[str, int]
    "by table"
    statuses: dict[str, int]
    "videos by status"
    damaged: tuple[str, ...]
    "why videos, or their corrections, could not be counted"
    without_appearances: int
    "videos of earlier versions, which did not count them"

    @property
    def exit_code(self) -> int:
        return 1 if self.damaged else 0

    def as_json(self) -> dict[str, Any]:
        return {"exit_code": self.exit_code} | asdict(self) | {"folder": str(self.folder)}

    def warnings(self) -> list[str]:
        """Lines for the user."""
        lines = list(self.damaged[:MOST_LINES])
        if len(self.damaged) > MOST_LINES:
            lines.append(f"and {len(self.damaged) - MOST_LINES} more: videos.csv has the reasons")
        if self.without_appearances:
            lines.append(
                f"{self.without_appearances} videos were annotated by an earlier version: they "
                "have no rows in appearances.csv, and no shown_s"
            )
        return lines


def write_tables(out: Path, folder: Path | None = None) -> TablesWritten:
    """Write all tables of ``out`` into ``folder``, by default ``out / FOLDER``.

    A video that cannot be counted costs its rows only. Memory does not grow with the number of
    tracks. Raises UsageError where ``out`` has no video, OutputError, and VidfxError where the
    ledger is locked.
    """
    folder = folder or out / FOLDER
    videos = list_videos(out)
    expressions = _expressions(videos)
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    columns = batch.tables(expressions)
    people = People()
    statuses = Counter[str]()
    damaged: list[str] = []
    older = 0
    with ExitStack() as stack:
        files: dict[str, TableFile] = {}
        for name, own in columns.items():
            files[name] = TableFile(folder / f"{name}.csv", own)
            stack.callback(files[name].close)
        for listed in videos:
            summary, damage = _read(listed)
            tracks = summary.tracks if summary else []
            row = video_row(listed, summary, damage)
            statuses[str(row[STATUS])] += 1
            files["videos"].add([row])
            files["tracks"].add(track_rows(listed.video, tracks, expressions))
            files["appearances"].add(appearance_rows(listed.video, tracks))
            people.add(listed.video, tracks)
            older += any(track.appearances is None for track in tracks)
            damaged += [damage] if damage else []
        files["people"].add(people.rows(expressions))
        for file in files.values():
            file.complete()
    types = {name: {column.name: column.type for column in own} for name, own in columns.items()}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"schema": batch.TABLES_SCHEMA, "made_at": made, "columns": types}
    with output_errors(folder / FACTS):
        write_atomically(folder / FACTS, to_json(facts, indent=1).encode() + b"\n")
    rows = {name: file.rows for name, file in files.items()}
    return TablesWritten(folder, rows, dict(statuses), tuple(damaged), older)


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
