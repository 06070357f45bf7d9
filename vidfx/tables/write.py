"""Writes the tables of an output folder."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vidfx.errors import output_errors
from vidfx.output.strict_json import to_json
from vidfx.schema import batch
from vidfx.tables.batch_rows import BatchRows
from vidfx.tables.listing import list_videos
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

    Raises UsageError where ``out`` has no video, OutputError, and VidfxError where the ledger is
    locked.
    """
    return write_rows(BatchRows(list_videos(out)), folder or out / FOLDER)


def write_rows(rows: BatchRows, folder: Path) -> TablesWritten:
    """Write all tables. A video that cannot be counted costs its rows only. Raises OutputError."""
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    columns = batch.tables(rows.expressions)
    with ExitStack() as stack:
        files: dict[str, TableFile] = {}
        for name, own in columns.items():
            files[name] = TableFile(folder / f"{name}.csv", own)
            stack.callback(files[name].close)
        for name, some in rows:
            files[name].add(some)
        for file in files.values():
            file.complete()
    types = {name: {column.name: column.type for column in own} for name, own in columns.items()}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"schema": batch.TABLES_SCHEMA, "made_at": made, "columns": types}
    with output_errors(folder / FACTS):
        write_atomically(folder / FACTS, to_json(facts, indent=1).encode() + b"\n")
    written = {name: file.rows for name, file in files.items()}
    statuses, damaged = dict(rows.statuses), tuple(rows.damaged)
    return TablesWritten(folder, written, statuses, damaged, rows.without_appearances)
