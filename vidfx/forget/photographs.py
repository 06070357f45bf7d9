"""Somebody out of the journal of an output folder's photographs, of which the tables are made."""

from __future__ import annotations

from pathlib import Path

import msgspec

from vidfx.forget.names import Names
from vidfx.forget.results import Galleries
from vidfx.forget.rows import Rows, whole_lines
from vidfx.jobs.photograph_journal import PhotographJournal


def forget_in_journal(
    out: Path, names: Names, galleries: Galleries | None, *, dry_run: bool
) -> tuple[str, ...]:
    """The photographs that had the name, by their names in the tables. Raises OutputError."""
    journal = PhotographJournal(out)
    making = journal.making
    if making is None:
        return ()
    faces, frames = (Rows(header, names) for header in making.headers)
    records = [
        msgspec.structs.replace(
            record,
            face_lines=_without(record.face_lines, faces),
            frame_lines=_without(record.frame_lines, frames),
        )
        for record in journal.records.values()
    ]
    changed = tuple(one.file for one in records if one != journal.records[one.file])
    work = making.work
    if galleries and work.get("people") == galleries.before:
        work = {**work, "people": galleries.after}
    if not dry_run and (changed or work is not making.work):
        journal.replace(msgspec.structs.replace(making, work=work), records)
    return changed


def _without(lines: str, rows: Rows) -> str:
    return "".join(map(rows.without, whole_lines(lines.splitlines(keepends=True))))
