"""The ledger of an output folder: what every video came to, in SQLite, for whoever asks later.

It is told, not asked: whether a video is done is for its summary to say (run/done.py). If it
cannot be written, the run goes on without it, and says so.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import vidfx
from vidfx.config import Settings
from vidfx.errors import UsageError, VidfxError
from vidfx.run.locks import FOLDER, share
from vidfx.run.outcome import Outcome
from vidfx.run.plan import Job
from vidfx.run.progress import Listener, Opened

FILE = "ledger.sqlite"
ALIVE_S = 15.0
"""A run that has not written for so long is no more."""
_WRITE_EVERY_S = 2.0
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, started REAL, seen REAL, ended REAL, host TEXT, pid INTEGER,
    version TEXT, folder TEXT, inputs TEXT, settings TEXT
);
CREATE TABLE IF NOT EXISTS jobs (
    place TEXT PRIMARY KEY, input TEXT, status TEXT, attempts INTEGER DEFAULT 0,
    error TEXT, hint TEXT, type TEXT, frames INTEGER DEFAULT 0, expected INTEGER,
    pixels INTEGER, started REAL, ended REAL
);
"""


class Ledger(Listener):
    """Writes what a run tells into the folder's ledger.

    ``folder`` and ``inputs`` are what `vidfx retry` needs to run the same again.
    """

    def __init__(self, out: Path, inputs: Sequence[str], settings: Settings) -> None:
        self._out = out
        self._facts = (
            *(socket.gethostname(), os.getpid(), vidfx.__version__),
            *(json.dumps(str(Path.cwd())), json.dumps(list(inputs))),
            json.dumps(asdict(settings)),
        )
        self._begun = time.time()
        self.fault: str | None = None
        self._written = 0.0
        self._places: dict[str, str] = {}
        "of jobs by input"
        self._changes: list[tuple[str, tuple[Any, ...]]] = []
        self._frames: dict[str, int] = {}
        self._base: sqlite3.Connection | None = None
        self._run: int | None = None

    def _begin(self) -> None:
        """Open the ledger with the first thing that happens to a video: the folder is there."""
        if self._base is not None or self.fault is not None:
            return
        try:
            file = self._out / FOLDER / FILE
            if file.is_symlink():
                raise sqlite3.OperationalError(f"{file}: a link stands there")
            self._base = sqlite3.connect(file, timeout=10)
            with self._base as base:
                base.executescript(_TABLES)
                share(file, self._out)
                self._run = base.execute(
                    "INSERT INTO runs (started, seen, host, pid, version, folder, inputs,"
                    " settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (self._begun, time.time(), *self._facts),
                ).lastrowid
        except sqlite3.Error as error:
            self.fault = str(error)
        self._write()

    def planned(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._places[job.name] = self._place(job)
            self._change(
                "INSERT INTO jobs (place, input, status) VALUES (?, ?, 'waiting')"
                " ON CONFLICT (place) DO UPDATE SET input = excluded.input,"
                " status = CASE WHEN status IN ('done', 'running') THEN status ELSE 'waiting' END",
                *(self._place(job), _shown(job.name)),
            )

    def started(self, job: Job, opened: Opened) -> None:
        self._begin()
        self._frames[self._place(job)] = 0
        self._change(
            "UPDATE jobs SET status = 'running', started = ?, ended = NULL, expected = ?,"
            " pixels = ?, frames = 0, attempts = attempts + 1, error = NULL, hint = NULL,"
            " type = NULL WHERE place = ?",
            *(time.time(), opened.expected, opened.width * opened.height),
            self._place(job),
        )

    def advanced(self, job: Job, frames: int) -> None:
        self._frames[self._place(job)] = frames
        self.beat()

    def retried(self, job: Job, why: str) -> None:
        self._set(self._place(job), "waiting", None, why)

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._set(self._place(job), "done", summary["counts"]["frames"])

    def skipped(self, job: Job, why: str) -> None:
        self._begin()
        self._set(self._place(job), "done", None)

    def failed(self, name: str, error: VidfxError) -> None:
        place = self._places.get(name)
        if place is None:  # not even a job; kept under its own name
            place = f"refused: {_shown(name)}"
            self._change(
                "INSERT OR REPLACE INTO jobs (place, input, status) VALUES (?, ?, 'failed')",
                *(place, _shown(name)),
            )
        else:
            self._begin()
        self._set(place, "failed", None, str(error), error.hint, type(error).__name__)

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        self._change("UPDATE runs SET ended = ? WHERE id = ?", time.time(), self._run)
        for place in self._frames:  # begun here and not over
            self._change("UPDATE jobs SET status = 'waiting' WHERE place = ?", place)
        self._frames.clear()
        self._write()

    def beat(self) -> None:
        """Now and then, put on the disk what has been told."""
        if time.monotonic() - self._written >= _WRITE_EVERY_S:
            self._write()

    def close(self) -> None:
        if self._base is not None:
            self._base.close()

    def _place(self, job: Job) -> str:
        return _shown(str(job.outputs.summary.relative_to(self._out)))

    def _set(
        self, place: str, status: str, frames: int | None, error: str = "", hint: str = "",
        kind: str = "",
    ) -> None:  # fmt: skip
        self._change(
            "UPDATE jobs SET status = ?, frames = coalesce(?, frames), error = ?, hint = ?,"
            " type = ?, ended = ? WHERE place = ?",
            *(status, frames, error or None, hint or None, kind or None, time.time()),
            place,
        )
        self._frames.pop(place, None)
        self.beat()

    def _change(self, statement: str, *values: Any) -> None:
        self._changes.append((statement, values))

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._base is None or self.fault is not None:
            return
        self._change("UPDATE runs SET seen = ? WHERE id = ?", time.time(), self._run)
        for place, frames in self._frames.items():
            self._change("UPDATE jobs SET frames = ? WHERE place = ?", frames, place)
        try:
            with self._base as base:
                for statement, values in self._changes:
                    base.execute(statement, values)
        except sqlite3.Error as error:
            self.fault = str(error)
        self._changes.clear()


@dataclass(frozen=True)
class Entry:
    """One video in the ledger."""

    place: str
    "of its summary, below the output folder"
    input: str
    status: str
    "waiting, running, done or failed"
    attempts: int
    frames: int
    expected: int | None
    pixels: int | None
    "of one frame"
    started: float | None
    "seconds since 1970, as ended"
    ended: float | None
    type: str | None
    error: str | None
    hint: str | None


@dataclass(frozen=True)
class Run:
    """A run on an output folder: one that goes on, or the latest."""

    id: int
    started: float
    seen: float
    ended: float | None
    host: str
    pid: int
    folder: Path
    "where it was started"
    inputs: tuple[str, ...]
    settings: Settings

    @property
    def alive(self) -> bool:
        """Whether it seems to go on."""
        return self.ended is None and time.time() - self.seen < ALIVE_S


def read_ledger(out: Path) -> tuple[Run, list[Entry]]:
    """The latest run, and every video there ever was. Raises UsageError where there is none."""
    file = out / FOLDER / FILE
    if not file.is_file():
        raise UsageError(
            f"{out}: no ledger of vidfx here", hint="name the output folder of `vidfx annotate`"
        )
    try:
        # where the last run was killed while it wrote, its journal is rolled back, which is a write
        mode = "rw" if os.access(file, os.W_OK) else "ro"
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True)) as base:
            run = base.execute(
                "SELECT id, started, seen, ended, host, pid, folder, inputs, settings FROM runs"
                " ORDER BY ended IS NULL AND seen > ? DESC, id DESC LIMIT 1",
                (time.time() - ALIVE_S,),
            ).fetchone()
            rows = base.execute(
                "SELECT place, input, status, attempts, frames, expected, pixels, started, ended,"
                " type, error, hint FROM jobs ORDER BY rowid"
            ).fetchall()
        *facts, folder, inputs, settings = run
        found = Run(
            *facts,
            folder=Path(json.loads(folder)),
            inputs=tuple(json.loads(inputs)),
            settings=Settings(**json.loads(settings)),
        )
        entries = [Entry(*row) for row in rows]
    except (sqlite3.Error, TypeError, ValueError, VidfxError) as error:
        raise UsageError(
            f"{file}: cannot be read: {error}",
            hint="remove it and run `vidfx annotate` again; what is done stays done",
        ) from error
    if not found.alive:
        entries = [
            Entry(**{**asdict(e), "status": "waiting"}) if e.status == "running" else e
            for e in entries
        ]
    return found, entries


def _shown(text: str) -> str:
    """A path as text that SQLite takes, whatever bytes it is made of."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
