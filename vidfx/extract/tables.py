"""The CSV files of a data set: rows are appended, and a row that a killed run began is removed."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vidfx.extract.crop_selection import REASONS
from vidfx_training.errors import DataError

SOURCES_FILE = "sources.csv"
SOURCE_COLUMNS = ("source", "label", "start_s", "end_s", "crops", *REASONS)
"""Start and end of the part that was read, empty where all was; pictures kept and left out."""


def append_rows(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Add rows in one write, after a header where the file is new. Raises OSError."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if not file.exists() or not file.stat().st_size:
        writer.writeheader()
    writer.writerows(rows)
    with file.open("ab") as stream:
        stream.write(text.getvalue().encode())


def end_last_line(file: Path, *, torn: bool) -> None:
    """Make ``file`` end with a newline: remove an incomplete row, or complete one.

    ``torn``: a killed run began the last row. Else an editor left the newline out. Raises OSError.
    """
    if not file.exists():
        return
    data = file.read_bytes()
    if not data or data.endswith(b"\n"):
        return
    with file.open("rb+") as stream:
        if torn:
            stream.truncate(data.rfind(b"\n") + 1)
        else:
            stream.seek(0, os.SEEK_END)
            stream.write(b"\n")


def read_sources(root: Path) -> list[dict[str, str]]:
    """The rows of ``sources.csv``; none where there is no such file. Raises DataError, OSError."""
    file = root / SOURCES_FILE
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: {error}", hint="correct or remove it") from error
    if rows and tuple(rows[0]) != SOURCE_COLUMNS:
        raise DataError(
            f"{file}: its columns are not {', '.join(SOURCE_COLUMNS)}", hint="correct or remove it"
        )
    return rows
