"""The ledger of an output folder: the state of every video, in SQLite.

It only records: a video's summary decides whether it is done (vidfx/annotation/already_done.py).
What cannot be written now is written later; no fault of the ledger ends a run.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from vidfx.config import Settings
from vidfx.errors import OtherSettingsError, VidfxError
from vidfx.jobs.events import (
    Advanced,
    Done,
    Ended,
    Event,
    Failed,
    Heartbeat,
    LeftOut,
    Notice,
    Planned,
    Retried,
    Skipped,
    Started,
)
from vidfx.jobs.locks import FOLDER, LEDGER, hold_run_lock, share
from vidfx.jobs.plan import Job
from vidfx.version import __version__

WRITE_EVERY_S = 2.0
BUSY_S = 0.2
"""How long a write waits for a reader that has the file locked; the next write tries again."""
REPORT_AFTER_S = 10.0
"""For how long writing fails before it is reported, once."""
LAST_TRIES_S = 30.0
"""At the end of a run: for how long a locked file is tried again."""
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
NO_JOB = "refused: "
"""Before the name of an input of the latest run that is no job, in place of a place."""
_BEGIN = (
    "INSERT INTO runs (started, host, pid, version, folder, inputs, settings)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ENTER = (
    "INSERT INTO jobs (place, input, status) VALUES (?, ?, 'waiting')"
    " ON CONFLICT (place) DO UPDATE SET input = excluded.input, error = NULL, hint = NULL,"
    " type = NULL,"
    " status = CASE WHEN status IN ('done', 'running') THEN status ELSE 'waiting' END"
)

LedgerStatus = Literal["waiting", "running", "done", "failed"]


@dataclass
class JobChange:
    """Changes of one job that are not written yet."""

    input: str | None = None
    "set for a job that will be entered; one that is done or running keeps its state"
    attempts: int = 0
    "attempts to add"
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    "new values by column"


class Ledger:
    """Writes the events of a run into the ledger, and holds the lock that shows that it runs.

    ``inputs``, ``settings`` and the current folder are kept for `vidfx retry`.
    """

    def __init__(
        self, out: Path, inputs: Sequence[str], settings: Settings, notice: Callable[[str], None]
    ) -> None:
        """``notice`` is called with each lasting fault of the ledger."""
        self._out, self._notice = out, notice
        self._facts = (
            time.time(),
            writable(socket.gethostname()),
            os.getpid(),
            __version__,
            json.dumps(str(Path.cwd())),
            json.dumps(list(inputs)),
            json.dumps(asdict(settings)),
        )
        self._places: dict[str, str] = {}
        "of jobs, by input"
        self._running: set[str] = set()
        self._changes: defaultdict[str, JobChange] = defaultdict(JobChange)
        self._folder_exists = False
        "the output folder exists"
        self._base: sqlite3.Connection | None = None
        self._run_lock: int | None = None
        self._run: int | None = None
        self._tried = -WRITE_EVERY_S
        self._failing_since: float | None = None
        self._noticed = False

    def handle(self, event: Event) -> None:
        match event:
            case Planned(jobs=jobs):
                for job in jobs:
                    place = self._places[job.name] = self._place(job)
                    self._changes[place].input = writable(job.name)
            case Started():
                self._started(event)
            case Advanced(job=job, frames=frames):
                self._changes[self._place(job)].values["frames"] = frames
                self._write_soon()
            case Retried(job=job, why=why):
                self._end(self._place(job), "waiting", error=why, frames=0)
            case Done(job=job, summary=summary):
                self._end(self._place(job), "done", frames=summary["counts"]["frames"])
            case Skipped(job=job):
                self._end(self._place(job), "done")
            case Failed(input=name, error=error):
                self._failed(name, error)
            case Heartbeat():
                self._write_soon()
            case Ended():
                self._ended()
            case Notice() | LeftOut():
                pass

    def _started(self, event: Started) -> None:
        place = self._place(event.job)
        self._running.add(place)
        self._changes[place].attempts += 1
        self._set(
            place,
            "running",
            started=time.time(),
            ended=None,
            expected=event.expected,
            pixels=event.width * event.height,
            frames=0,
        )

    def _failed(self, name: str, error: VidfxError) -> None:
        facts = {"error": str(error), "hint": error.hint, "type": type(error).__name__}
        place = self._places.get(name)
        if place is not None and isinstance(error, OtherSettingsError):
            self._set(place, "done", **facts)
            return
        if place is not None:
            self._end(place, "failed", frames=0, **facts)
            return
        place = f"{NO_JOB}{writable(name)}"
        self._changes[place].input = writable(name)
        self._changes[place].values |= {"status": "failed", "ended": time.time()} | _cleaned(facts)

    def _ended(self) -> None:
        for place in self._running:  # started by this run, and not ended
            self._changes[place].values |= {"status": "waiting", "frames": 0}
        self._running.clear()
        if not self._folder_exists:
            return
        until = time.monotonic() + LAST_TRIES_S
        fault = self._write(ended=True)
        while isinstance(fault, sqlite3.OperationalError) and "locked" in str(fault):
            if time.monotonic() > until:
                break
            fault = self._write(ended=True)
        if fault is not None:
            self._notice(f"the ledger could not be kept: {fault}")

    def _write_soon(self) -> None:
        """Now and then, write the changes."""
        self._folder_exists = True
        now = time.monotonic()
        if now - self._tried < WRITE_EVERY_S:
            return
        self._tried = now
        fault = self._write()
        self._failing_since = None if fault is None else self._failing_since or now
        if self._failing_since and now - self._failing_since > REPORT_AFTER_S and not self._noticed:
            self._noticed = True
            self._notice(f"the ledger cannot be written, retrying: {fault}")

    def close(self) -> None:
        self._disconnect()
        if self._run_lock is not None:
            os.close(self._run_lock)
            self._run_lock = None

    def _place(self, job: Job) -> str:
        return writable(str(job.outputs.summary.relative_to(self._out)))

    def _set(self, place: str, status: LedgerStatus, **values: Any) -> None:
        """Clears the columns of an error that ``values`` do not set."""
        nothing = {"error": None, "hint": None, "type": None}
        self._changes[place].values |= nothing | {"status": status} | _cleaned(values)
        self._write_soon()

    def _end(self, place: str, status: LedgerStatus, **values: Any) -> None:
        self._running.discard(place)
        self._set(place, status, ended=time.time(), **values)

    def _write(self, *, ended: bool = False) -> Exception | None:
        """Write all changes; returns the error where they are kept for another attempt."""
        try:
            base = self._base or self._connect()
            with base:
                run = self._run or _begin(base, self._facts)
                for place, change in self._changes.items():
                    write_change(base, place, change)
                now = time.time()
                base.execute(
                    "UPDATE runs SET seen = ?, ended = ? WHERE id = ?",
                    (now, now if ended else None, run),
                )
        except Exception as error:  # noqa: BLE001 - no fault of the ledger ends a run
            self._disconnect()
            return error
        self._run = run
        self._changes.clear()
        return None

    def _connect(self) -> sqlite3.Connection:
        file = self._out / FOLDER / LEDGER
        if file.is_symlink():
            raise sqlite3.OperationalError(f"{file}: is a link")
        if self._run_lock is None:
            self._run_lock = hold_run_lock(self._out)
        self._base = sqlite3.connect(file, timeout=BUSY_S)
        self._base.executescript(_TABLES)
        share(file, self._out)
        return self._base

    def _disconnect(self) -> None:
        base, self._base = self._base, None
        if base is not None:
            with suppress(sqlite3.Error):
                base.close()


def _begin(base: sqlite3.Connection, facts: tuple[object, ...]) -> int | None:
    """Enter a run; returns its number. Raises sqlite3.Error."""
    base.execute("DELETE FROM jobs WHERE place GLOB ?", (f"{NO_JOB}*",))
    return base.execute(_BEGIN, facts).lastrowid


def write_change(base: sqlite3.Connection, place: str, change: JobChange) -> None:
    """Write one job's row. Raises sqlite3.Error."""
    if change.input is not None:
        base.execute(_ENTER, (place, change.input))
    columns = [f"{name} = ?" for name in change.values]
    base.execute(
        f"UPDATE jobs SET {', '.join(['attempts = attempts + ?', *columns])} WHERE place = ?",  # noqa: S608 - names of columns, all ours
        (change.attempts, *change.values.values(), place),
    )


def writable(text: str) -> str:
    """``text`` as SQLite takes it: bytes that are not UTF-8 become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    return {k: (writable(v) or None) if isinstance(v, str) else v for k, v in values.items()}
