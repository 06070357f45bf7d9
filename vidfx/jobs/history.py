"""Reads the ledger of an output folder: its running or latest run, and every video."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vidfx.config import SETTINGS, Settings
from vidfx.errors import (
    OtherInputError,
    OtherSettingsError,
    OutputExistsError,
    UsageError,
    VidfxError,
)
from vidfx.jobs.ledger import LedgerStatus, writable
from vidfx.jobs.locks import FOLDER, LEDGER, is_run_locked

HEARTBEAT_TIMEOUT_S = 15.0
"""Where locks prove nothing: a run that has not written for so long has ended."""
_REFUSED = {kind.__name__ for kind in (OutputExistsError, OtherSettingsError, OtherInputError)}
_RUN = "SELECT id, started, seen, ended, host, pid, folder, inputs, settings FROM runs"


@dataclass(frozen=True)
class LedgerEntry:
    """One video in the ledger."""

    place: str
    "path of its summary, relative to the output folder"
    input: str
    status: LedgerStatus
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

    @property
    def was_refused(self) -> bool:
        """Whether other results were in its place, so that the same run is refused again.

        Where these are its own, of other settings, it is done.
        """
        return self.type in _REFUSED

    @property
    def reason(self) -> str:
        """Why it failed or was refused, and what to do."""
        return f"{self.error} ({self.hint})" if self.hint else f"{self.error}"

    @property
    def can_be_retried(self) -> bool:
        return self.status in ("waiting", "failed") and not self.was_refused


@dataclass(frozen=True)
class Run:
    """A run on an output folder."""

    id: int
    started: float
    seen: float
    ended: float | None
    host: str
    pid: int
    folder: Path
    "that it was started in"
    inputs: tuple[str, ...]
    recorded: Mapping[str, Any]
    "its settings, as they were written"
    is_running: bool
    "whether it still runs"

    @property
    def settings(self) -> Settings:
        """Raises UsageError where this version of vidfx lacks one of them."""
        values = {**self.recorded}
        if "hide" in values:
            values["hide"] = tuple(values["hide"])  # a list, as JSON has it
        if unknown := values.keys() - SETTINGS.keys():
            raise UsageError(
                f"another version of vidfx made the latest run, with the setting {min(unknown)}",
                hint="run `vidfx annotate` with its inputs again; what is done stays done",
            )
        return Settings(**values)


def read_ledger(out: Path) -> tuple[Run, list[LedgerEntry]]:
    """The running or else the latest run, and every video of all runs.

    Raises UsageError where there is no readable ledger, VidfxError where it is locked.
    """
    file = out / FOLDER / LEDGER
    if not file.is_file():
        raise UsageError(
            f"{out}: no ledger of vidfx here", hint="name the output folder of `vidfx annotate`"
        )
    try:
        # the journal of a run that was killed is rolled back, which is a write
        mode = "rw" if os.access(file, os.W_OK) else "ro"
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True)) as base:
            base.row_factory = sqlite3.Row
            newest = f"{_RUN} WHERE ended IS NULL ORDER BY seen DESC LIMIT 1"
            run = base.execute(newest).fetchone()
            is_running = run is not None and _is_running(out, host=run["host"], seen=run["seen"])
            if not is_running:
                run = base.execute(f"{_RUN} ORDER BY id DESC LIMIT 1").fetchone()
            rows = base.execute(
                "SELECT place, input, status, attempts, frames, expected, pixels, started, ended,"
                " type, error, hint FROM jobs ORDER BY rowid"
            ).fetchall()
        found = _run(run, is_running)
        entries = [LedgerEntry(**row) for row in rows]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise _unreadable(file, error) from error
        raise VidfxError(
            f"{file}: somebody else is writing to it", hint="try again in a moment"
        ) from error
    except (sqlite3.Error, TypeError, ValueError, VidfxError) as error:
        raise _unreadable(file, error) from error
    if not is_running:
        entries = [
            replace(entry, status="waiting", frames=0) if entry.status == "running" else entry
            for entry in entries
        ]
    return found, entries


def _unreadable(file: Path, error: Exception) -> UsageError:
    return UsageError(
        f"{file}: cannot be read: {error}",
        hint="remove it and run `vidfx annotate` again; what is done stays done",
    )


def _run(row: Any, is_running: bool) -> Run:
    return Run(
        id=row["id"],
        started=row["started"],
        seen=row["seen"],
        ended=row["ended"],
        host=row["host"],
        pid=row["pid"],
        folder=Path(json.loads(row["folder"])),
        inputs=tuple(json.loads(row["inputs"])),
        recorded=json.loads(row["settings"]),
        is_running=is_running,
    )


def _is_running(out: Path, *, host: str, seen: float) -> bool:
    """Whether a run without a recorded end still runs: by its lock, else by when it last wrote.

    That no lock is held on this machine proves nothing about a run on another one.
    """
    held = is_run_locked(out)
    if held or (held is False and host == writable(socket.gethostname())):
        return held
    return time.time() - seen < HEARTBEAT_TIMEOUT_S
