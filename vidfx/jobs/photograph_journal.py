"""The journal of an output folder's photographs: what is done, so that a run goes on from there.

Lines of JSON: the work (settings, messages, models) that all of its records are of, files whose
results a run began to make, and a record of each photograph that is done.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from vidfx.errors import output_errors
from vidfx.jobs.locks import FOLDER, share
from vidfx.jobs.photographs import PhotographRecord

FILE = "photographs.jsonl"


class PhotographJournal:
    """Reads the journal, and adds to it. For one process at a time."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / FOLDER / FILE
        self.work: dict[str, Any] | None = None
        "None before any photograph was done"
        self.claimed: set[str] = set()
        "files whose results are of vidfx, complete or not"
        self.records: dict[str, PhotographRecord] = {}
        "by file"
        with suppress(OSError):
            for line in self._path.read_bytes().splitlines():
                with suppress(ValueError):  # a line that a killed run did not complete
                    self._take(json.loads(line))

    def _take(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"work": work}:
                self.work = work
            case {"claimed": [*files]}:
                self.claimed.update(files)
            case {"file": _}:
                record = msgspec.convert(entry, PhotographRecord)
                self.records[record.file] = record
            case _:
                pass

    def claim(self, files: Sequence[str]) -> None:
        """Before the work on ``files``: their results are ours from now on. Raises OutputError."""
        self.claimed.update(files)
        self._append([{"claimed": list(files)}])

    def begin(self, work: dict[str, Any]) -> int:
        """Records of other work are dropped; returns how many were. Raises OutputError."""
        if work == self.work:
            return 0
        dropped, self.work = len(self.records), work
        self.records.clear()
        with output_errors(self._path), suppress(FileNotFoundError):
            self._path.unlink()
        self._append([{"claimed": sorted(self.claimed)}, {"work": work}])
        return dropped

    def add(self, records: Iterable[PhotographRecord]) -> None:
        """Raises OutputError."""
        new = {record.file: record for record in records}
        self.records |= new
        self._append([msgspec.to_builtins(record) for record in new.values()])

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        with output_errors(self._path):
            with os.fdopen(os.open(self._path, flags, 0o666), "wb") as file:
                file.write(b"\n" * bool(file.tell()) + lines.encode("ascii"))
            share(self._path, self._out)
