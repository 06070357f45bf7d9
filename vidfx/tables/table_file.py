"""A table that is written row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from vidfx.errors import output_errors
from vidfx.jobs.ledger import writable
from vidfx.schema import Column
from vidfx.tables.rows import Cell
from vidfx_engines.files import AtomicFile

_AT_ONCE = 1 << 20
"""Characters that are kept before they are written."""
_SPACES = dict.fromkeys((*range(0x20), 0x7F), " ")


class TableFile:
    """A CSV file, complete or not there. Everything raises OutputError."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        with output_errors(path):
            self._file = AtomicFile(path)
            self._output = self._file.writable.open("w", encoding="utf-8", newline="")
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")
        self.rows = 0
        self._writer.writerow([safe_text(column.name) for column in columns])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            self._writer.writerow(
                [safe_text(cell) if isinstance(cell, str) else cell for cell in row]
            )
            self.rows += 1
        if self._text.tell() > _AT_ONCE:
            self._write()

    def _write(self) -> None:
        with output_errors(self._file.path):
            self._output.write(self._text.getvalue())
        self._text.seek(0)
        self._text.truncate()

    def complete(self) -> None:
        """Give the file its name."""
        self._write()
        with output_errors(self._file.path):
            self._output.close()
            self._file.commit()

    def close(self) -> None:
        """Remove the temporary file of a table that is not complete."""
        self._file.discard()
        with output_errors(self._file.path):
            self._output.close()


def safe_text(text: str) -> str:
    """``text`` with ' in front where a spreadsheet would take it for a formula.

    Control characters, such as line ends, become spaces, and bytes of a file name that are not
    UTF-8 escapes.
    """
    text = writable(text.translate(_SPACES))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
