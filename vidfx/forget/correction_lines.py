"""Somebody out of files of corrections.

A track that was given the name becomes ``other``: what a model called it before was wrong. All
other lines about the person go.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vidfx.corrections.line import Correction
from vidfx.corrections.people import ALL_VIDEOS
from vidfx.corrections.read import MOST_BYTES, NOTE, VIDEO
from vidfx.errors import InputError, output_errors
from vidfx.forget.names import Names
from vidfx.people.people_file import OTHER
from vidfx_engines.files import read_regular, write_atomically

_MARK = "\ufeff"
"""Of UTF-8, at the beginning of a file: spreadsheets write it."""


def without(lines: Sequence[Correction], names: Names) -> list[Correction]:
    """``lines`` of a video as they are once the person is forgotten."""
    kept = [e for e in lines if not (e.action == "not" and names.has(e.name))]
    named = [e.action == "rename" and names.has(e.name) for e in kept]
    return [replace(e, name=OTHER) if n else e for e, n in zip(kept, named, strict=True)]


def forget_in_corrections(path: Path, names: Names, *, dry_run: bool) -> int:
    """Returns the number of lines that were changed or removed.

    Raises InputError where the file cannot be read, OutputError.
    """
    try:
        text = read_regular(path, MOST_BYTES).decode()
        found, changed = _without(text.removeprefix(_MARK), names)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"{path}: {error}", hint="correct it; `vidfx corrections check` lists all of its lines"
        ) from error
    if changed and not dry_run:
        mark = _MARK if text.startswith(_MARK) else ""
        with output_errors(path):
            write_atomically(path, (mark + found).encode(), path.stat().st_mode & 0o777)
    return changed


def _without(text: str, names: Names) -> tuple[str, int]:
    first = text.partition("\n")[0]
    between = next((sign for sign in ";\t" if sign in first), ",")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True))
    if not rows:
        return text, 0
    place = {name.strip().casefold(): number for number, name in enumerate(rows[0])}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=between, lineterminator="\n")
    changed = 0
    for row in rows:
        cells = {name: row[number].strip() for name, number in place.items() if number < len(row)}
        action, value = cells.get("action", "").casefold(), cells.get("value")
        of_all = cells.get(VIDEO) == ALL_VIDEOS
        about = names.has(value) and (of_all or action in ("rename", "not"))
        if not about and not (of_all and names.has(cells.get("track_id"))):
            writer.writerow(row)
            continue
        changed += 1
        if action == "rename" and not of_all:
            row[place["value"]] = OTHER
            if place.get(NOTE, len(row)) < len(row):
                row[place[NOTE]] = ""
            writer.writerow(row)
    return out.getvalue(), changed
