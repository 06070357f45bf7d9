"""The journal of an output folder's photographs: what is done, so that a run goes on from there.

Lines of JSON: what all of its records have in common, whose results a run began to make, and a
record of each photograph that is done. Other lines, such as one that a killed run did not complete,
are passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from vidfx.errors import OutputError, output_errors
from vidfx.jobs.locks import FOLDER, share
from vidfx.jobs.photographs import Making, PhotographRecord
from vidfx_engines.files import NO_FOLLOW, read_regular, write_atomically

FILE = "photographs.jsonl"
MOST_BYTES = 8 << 30


class Claimed(Struct, frozen=True, tag=True):
    """The results of these files are of vidfx from now on, complete or not."""

    sources: dict[str, str]
    "absolute path of the photograph, by file"


class PhotographJournal:
    """Reads the journal, and adds to it. For one process at a time."""

    def __init__(self, out: Path) -> None:
        """Raises OutputError where the journal is there and cannot be read."""
        self._out = out
        self._path = out / FOLDER / FILE
        self.making: Making | None = None
        "None before any photograph was done"
        self.claimed: dict[str, str] = {}
        "absolute paths of the photographs whose results are of vidfx, by file"
        self.records: dict[str, PhotographRecord] = {}
        "by file"
        for line in self._read().split(b"\n"):
            with suppress(ValueError, RecursionError, msgspec.MsgspecError):
                self._take(msgspec.convert(json.loads(line), Making | Claimed | PhotographRecord))
        if self.making is None:
            self.records.clear()  # it is unknown of which photographs they are

    def _read(self) -> bytes:
        try:
            return read_regular(self._path, MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except (OSError, ValueError) as error:
            raise OutputError(
                f"cannot read {self._path}, which says what is done: {error}",
                hint="remove it, or use another output folder",
            ) from error

    def _take(self, entry: Making | Claimed | PhotographRecord) -> None:
        match entry:
            case Making():
                self.making = entry
            case Claimed(sources=sources):
                self.claimed |= {f: source for f, source in sources.items() if _is_below(f)}
            case PhotographRecord(file=file) if _is_below(file):
                self.records[file] = entry
            case _:
                pass

    def claim(self, sources: Mapping[str, str]) -> None:
        """Before the work on photographs, given by file. Raises OutputError."""
        self.claimed |= sources
        if sources:
            self._append([Claimed(dict(sources))])

    def begin(self, making: Making) -> int:
        """Records of other work are dropped; returns how many were. Raises OutputError."""
        if self.making and self.making.work == making.work:
            return 0
        dropped, self.making = len(self.records), making
        self.records.clear()
        with output_errors(self._path):
            write_atomically(self._path, _lines([Claimed(self.claimed), making]))
            share(self._path, self._out)
        return dropped

    def add(self, records: Iterable[PhotographRecord]) -> None:
        """Raises OutputError."""
        new = {record.file: record for record in records}
        self.records |= new
        if new:
            self._append(new.values())

    def replace(self, making: Making, records: Iterable[PhotographRecord]) -> None:
        """What all have in common, and all records, are these from now on. Raises OutputError."""
        self.making, self.records = making, {record.file: record for record in records}
        with output_errors(self._path):
            entries = [Claimed(self.claimed), making, *self.records.values()]
            write_atomically(self._path, _lines(entries))
            share(self._path, self._out)

    def _append(self, entries: Iterable[Struct]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_FOLLOW
        with output_errors(self._path):
            with os.fdopen(os.open(self._path, flags, 0o666), "wb") as file:
                file.write(b"\n" + _lines(entries))  # the last line may not be complete
            share(self._path, self._out)


def _is_below(file: str) -> bool:
    """Whether it is a path below the output folder, whoever wrote the journal."""
    path = Path(file)
    return not (path.is_absolute() or ".." in path.parts or "\0" in file or not path.name)


def _lines(entries: Iterable[Struct]) -> bytes:
    lines = (json.dumps(msgspec.to_builtins(entry)) + "\n" for entry in entries)
    return "".join(lines).encode("ascii")
