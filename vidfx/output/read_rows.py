"""Reads ``faces.csv`` and ``frames.csv``, of this version and of version 1, with typed cells."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from vidfx import schema
from vidfx.errors import UsageError

Cell = int | float | str | None
_FROM_TEXT: Mapping[schema.Type, Callable[[str], Cell]] = {
    "Int64": int,
    "float64": float,
    "string": str,
}


def read_rows(path: str | Path) -> Iterator[dict[str, Cell]]:
    """The rows of a CSV file of vidfx, in the columns of the current version.

    An empty cell is None, and so is a column that version 1 lacks. Raises UsageError where the file
    cannot be read, is not one of vidfx's, or has a cell of the wrong type.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            columns = _columns(reader.fieldnames or ())
            for row in reader:
                found = {schema.VERSION_1_NAMES.get(name, name): row[name] for name in row}
                yield {c.name: _typed(found.get(c.name), c, reader.line_num) for c in columns}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error
    except (ValueError, csv.Error) as error:
        raise UsageError(
            f"{path}: {error}", hint="name a .faces.csv or .frames.csv of vidfx"
        ) from error


def _columns(header: Sequence[str]) -> list[schema.Column]:
    """Those of the current version for a file with this header. Raises ValueError."""
    named = schema.FILE_COLUMN.name in header
    if {"track_id", "score"} <= set(header):
        emotions = [name.removeprefix("p_") for name in header if name.startswith("p_")]
        return schema.faces_columns(emotions, file=named)
    if {"pts", "faces"} <= set(header):
        return schema.frames_columns(file=named)
    raise ValueError("its header is not one of vidfx's")


def _typed(text: str | None, column: schema.Column, line: int) -> Cell:
    if not text:
        return None
    try:
        return _FROM_TEXT[column.type](text)
    except ValueError:
        raise ValueError(f"line {line}, {column.name}: {text!r} is not a number") from None
