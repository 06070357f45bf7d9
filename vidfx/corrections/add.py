"""Adds lines to files of corrections, as a page does in which a person corrects."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vidfx.corrections.line import COLUMNS, parse
from vidfx.corrections.people import ALL_VIDEOS, parse_person
from vidfx.corrections.places import BATCH, ENDING
from vidfx.corrections.read import MOST_BYTES, VIDEO
from vidfx.errors import InputError, output_errors
from vidfx.jobs.result_names import SUMMARY
from vidfx_engines.files import read_text, write_atomically

Parse = Callable[[str, Mapping[str, str]], object]


def add_corrections(summary: Path, text: str, expressions: Sequence[str] | None) -> None:
    """Append the lines of ``text``, which has COLUMNS in its first line, to the video's own file.

    What the file has stays as it is. Raises InputError where a line is wrong, and then adds none;
    OutputError.
    """
    path = summary.with_name(summary.name.removesuffix(SUMMARY) + ENDING)
    _add(path, COLUMNS, text, lambda place, cells: parse(place, cells, expressions))


def add_to_batch(out: Path, text: str) -> None:
    """Append the lines of ``text``, about people or whole tracks, to the file of a folder.

    Its first line has the column of the video, then COLUMNS. Raises as ``add_corrections``.
    """

    def check(place: str, cells: Mapping[str, str]) -> None:
        if cells[VIDEO] == ALL_VIDEOS:
            parse_person(place, cells)
        elif not cells[VIDEO]:
            raise ValueError(f"{VIDEO} is empty")
        else:
            parse(place, cells, None)

    _add(out / BATCH, (VIDEO, *COLUMNS), text, check)


def _add(path: Path, columns: Sequence[str], text: str, parse_line: Parse) -> None:
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if tuple(header) != tuple(columns):
            raise ValueError(f"its first line must be {','.join(columns)}")
        lines = [dict[str, str](zip(columns, row, strict=True)) for row in rows]
        for number, cells in enumerate(lines, 2):
            parse_line(f"line {number}", cells)
        added = _with_lines(_present(path, columns), lines)
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path}: not added: {error}", hint="correct the line") from error
    with output_errors(path):
        write_atomically(path, added.encode())


def _present(path: Path, columns: Sequence[str]) -> str:
    """What the file has; its first line where there is none. Raises ValueError."""
    with suppress(FileNotFoundError):
        if (text := read_text(path, MOST_BYTES)).strip():
            return text if text.endswith("\n") else f"{text}\n"
    return ",".join(columns) + "\n"


def _with_lines(present: str, lines: Sequence[dict[str, str]]) -> str:
    """``lines`` are appended in the order and with the signs of the file."""
    first = present.partition("\n")[0]
    between = next((sign for sign in ";\t" if sign in first), ",")
    header = next(csv.reader([first], delimiter=between))
    columns = [name.strip().casefold() for name in header]
    added = io.StringIO()
    writer = csv.writer(added, delimiter=between, lineterminator="\n")
    writer.writerows([cells.get(name, "") for name in columns] for cells in lines)
    return present + added.getvalue()
