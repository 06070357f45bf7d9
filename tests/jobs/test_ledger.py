"""The ledger with faults: what cannot be written now is written later, and no video fails by it."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vidfx.config import Settings
from vidfx.errors import NotMediaError, OtherInputError, OtherSettingsError, UsageError, VidfxError
from vidfx.jobs import history, ledger
from vidfx.jobs.events import (
    Advanced,
    Broadcast,
    Done,
    Ended,
    Event,
    Failed,
    Heartbeat,
    Notice,
    Planned,
    Started,
)
from vidfx.jobs.history import read_ledger
from vidfx.jobs.ledger import Ledger
from vidfx.jobs.locks import FOLDER, LEDGER, hold_run_lock, is_run_locked
from vidfx.jobs.plan import Job, Outputs


def job(out: Path, name: str) -> Job:
    return Job(out.parent / name, Outputs.of(out / name))


def started(job: Job) -> Started:
    return Started(job, 64, 64, "h264", 100)


def summary(frames: int) -> dict[str, Any]:
    return {"counts": {"frames": frames}}


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ledger, "WRITE_EVERY_S", 0.0)
    monkeypatch.setattr(ledger, "BUSY_S", 0.01)
    folder = tmp_path / "out"
    (folder / FOLDER).mkdir(parents=True)
    return folder


def begun(out: Path, told: list[str], *jobs: Job) -> Ledger:
    found = Ledger(out, ["in"], Settings(), told.append)
    found.handle(Planned(jobs))
    found.handle(Heartbeat())
    return found


class Connection(sqlite3.Connection):
    """A connection that may fail, and that keeps the statements which change jobs."""

    fault: Exception | None = None
    updates: list[str]

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if Connection.fault is not None:
            raise Connection.fault
        if sql.startswith("UPDATE jobs"):
            Connection.updates.append(sql)
        return super().execute(sql, parameters)

    def executescript(self, sql: str, /) -> sqlite3.Cursor:
        if Connection.fault is not None:
            raise Connection.fault
        return super().executescript(sql)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> type[Connection]:
    """All connections are of this class."""
    connect = sqlite3.connect

    def opened(file: Any, **options: Any) -> sqlite3.Connection:
        return connect(file, factory=Connection, **options)

    monkeypatch.setattr(ledger.sqlite3, "connect", opened)
    monkeypatch.setattr(Connection, "fault", None)
    monkeypatch.setattr(Connection, "updates", [], raising=False)
    return Connection


def test_names_and_errors_that_are_not_utf_8(out: Path) -> None:
    told: list[str] = []
    name = os.fsdecode(b"latin-\xe9.mp4")
    bad, good = job(out, name), job(out, "good.mp4")
    found = begun(out, told, bad, good)
    found.handle(Failed(bad.name, NotMediaError(f"{bad.name}: no video", hint=f"look at {name}")))
    found.handle(Failed(f"/elsewhere/{name}", NotMediaError(f"{name}: not there", hint="")))
    found.handle(Done(good, summary(7)))
    found.handle(Ended((), 1.0))
    found.close()
    assert told == []
    _, entries = read_ledger(out)
    assert sorted(e.status for e in entries) == ["done", "failed", "failed"]
    assert all("\\udce9" in (e.error or "") for e in entries if e.status == "failed")


def test_a_refused_video_stays_done_and_is_not_to_be_retried(out: Path) -> None:
    ours, other, bad = (job(out, f"{name}.mp4") for name in ("ours", "other", "bad"))
    found = begun(out, [], ours, other, bad)
    found.handle(Done(ours, summary(7)))
    found.handle(Ended((), 1.0))
    found.close()
    found = begun(out, [], ours, other, bad)
    found.handle(Failed(ours.name, OtherSettingsError("every: 0 before, 2 now", hint="overwrite")))
    found.handle(Failed(other.name, OtherInputError("of another input", hint="elsewhere")))
    found.handle(Ended((), 1.0))
    found.close()
    _, entries = read_ledger(out)
    assert [e.status for e in entries] == ["done", "failed", "waiting"]
    assert [e.was_refused for e in entries] == [True, True, False]
    assert [e.can_be_retried for e in entries] == [False, False, True]
    assert entries[0].frames == 7 and entries[0].reason == "every: 0 before, 2 now (overwrite)"
    begun(out, [], ours, other).close()  # a later run that has not come to it
    assert [e.can_be_retried for e in read_ledger(out)[1]] == [False, True, True]


@pytest.mark.parametrize("ended", [True, False])
def test_an_interrupted_video_has_no_frames(out: Path, ended: bool) -> None:
    one = job(out, "a.mp4")
    found = begun(out, [], one)
    found.handle(started(one))
    found.handle(Advanced(one, 50))
    if ended:  # else it was killed
        found.handle(Ended((), 1.0))
    found.close()
    (entry,) = read_ledger(out)[1]
    assert (entry.status, entry.frames) == ("waiting", 0)


def test_a_name_that_was_wrong_once_is_not_kept(out: Path) -> None:
    one = job(out, "a.mp4")
    found = begun(out, [], one)
    found.handle(Failed("wrong.mp4", NotMediaError("wrong.mp4: there is no such file", hint="")))
    found.handle(Heartbeat())
    found.close()
    assert [e.input for e in read_ledger(out)[1]] == [one.name, "wrong.mp4"]
    begun(out, [], one).close()
    assert [e.input for e in read_ledger(out)[1]] == [one.name]


def test_a_reader_that_holds_the_ledger_delays_it(out: Path, connection: type[Connection]) -> None:
    told: list[str] = []
    jobs = [job(out, f"v{i}.mp4") for i in range(3)]
    found = begun(out, told, *jobs)
    with closing(sqlite3.connect(out / FOLDER / LEDGER, timeout=0)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM jobs").fetchall()
        for one in jobs:
            found.handle(started(one))
            for frames in range(50):
                found.handle(Advanced(one, frames))
            found.handle(Done(one, summary(100)))
    connection.updates.clear()
    found.handle(Heartbeat())
    assert len(connection.updates) == len(jobs)  # only the last state of each was kept
    _, entries = read_ledger(out)
    assert [(e.status, e.frames, e.attempts) for e in entries] == [("done", 100, 1)] * 3
    found.handle(Ended((), 1.0))
    found.close()
    assert told == [] and read_ledger(out)[0].ended


def test_a_lasting_fault_is_reported_once(
    out: Path, monkeypatch: pytest.MonkeyPatch, connection: type[Connection]
) -> None:
    monkeypatch.setattr(ledger, "REPORT_AFTER_S", 0.0)
    told: list[str] = []
    found = begun(out, told, job(out, "a.mp4"))
    connection.fault = sqlite3.OperationalError("database or disk is full")
    for _ in range(4):
        time.sleep(0.01)
        found.handle(Heartbeat())
    assert len(told) == 1 and "disk is full" in told[0]
    connection.fault = None
    found.handle(started(job(out, "a.mp4")))
    found.handle(Done(job(out, "a.mp4"), summary(9)))
    found.handle(Ended((), 1.0))
    found.close()
    assert len(told) == 1
    assert [e.status for e in read_ledger(out)[1]] == ["done"]


@pytest.mark.parametrize("error", [OSError(28, "No space left"), ValueError("odd"), MemoryError()])
def test_whatever_goes_wrong_costs_no_run(
    out: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ledger.sqlite3, "connect", fail)
    told: list[str] = []
    found = begun(out, told, job(out, "a.mp4"))
    found.handle(started(job(out, "a.mp4")))
    found.handle(Ended((), 1.0))
    found.close()
    assert [t.startswith("the ledger could not be kept") for t in told] == [True]


def test_a_run_is_alive_though_no_frame_comes(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = begun(out, [], job(out, "a.mp4"))
    found.handle(started(job(out, "a.mp4")))
    found.handle(Heartbeat())
    monkeypatch.setattr(
        history, "HEARTBEAT_TIMEOUT_S", -1.0
    )  # the lock proves it, whenever it last wrote
    run, entries = read_ledger(out)
    assert run.is_running and entries[0].status == "running"
    found.close()  # as a kill does, with no word of an end
    run, entries = read_ledger(out)
    assert not run.is_running and run.ended is None and entries[0].status == "waiting"


def test_without_locks_the_time_of_the_last_write_shows_that_a_run_is_alive(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "is_run_locked", lambda _: None)
    found = begun(out, [], job(out, "a.mp4"))
    assert read_ledger(out)[0].is_running
    before = read_ledger(out)[0].seen
    time.sleep(0.01)
    found.handle(Heartbeat())
    assert read_ledger(out)[0].seen > before
    monkeypatch.setattr(history, "HEARTBEAT_TIMEOUT_S", -1.0)
    assert not read_ledger(out)[0].is_running
    found.close()


def test_a_run_of_another_machine_is_alive_if_it_wrote_lately(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "there")
    found = begun(out, [], job(out, "a.mp4"))
    found.close()
    assert not read_ledger(out)[0].is_running
    monkeypatch.setattr(socket, "gethostname", lambda: "here")
    assert read_ledger(out)[0].is_running


def test_any_number_of_runs_show_that_they_live(out: Path) -> None:
    assert is_run_locked(out) is None
    held = [hold_run_lock(out), hold_run_lock(out)]
    for file in held:
        assert file is not None and is_run_locked(out) is True
        os.close(file)
    assert is_run_locked(out) is False


def test_a_listener_that_cannot_write_costs_nothing() -> None:
    received: list[Event] = []

    def full(event: Event) -> None:
        raise OSError(28, "No space left on device") if event == Notice("one") else KeyError

    broadcast = Broadcast(full)
    broadcast.add(received.append)
    broadcast.handle(Notice("one"))
    broadcast.handle(Heartbeat())  # its error comes from the event that it missed
    assert received == [Notice("one"), Heartbeat()]
    with pytest.raises(KeyError):
        Broadcast(full).handle(Heartbeat())


def test_settings_come_back(out: Path) -> None:
    settings = Settings(recognition=os.fsdecode(b"caf\xe9.onnx"))
    found = Ledger(out, [os.fsdecode(b"\xff.mp4")], settings, print)
    found.handle(Heartbeat())
    found.close()
    run, _ = read_ledger(out)
    assert run.settings == settings and run.inputs == (os.fsdecode(b"\xff.mp4"),)
    with closing(sqlite3.connect(out / FOLDER / LEDGER)) as base:
        (facts,) = base.execute("SELECT inputs FROM runs").fetchall()
    assert json.loads(facts[0]) == ["\udcff.mp4"]


def test_the_ledger_of_another_version_is_read_except_its_settings(out: Path) -> None:
    ledger = Ledger(out, ["a.mp4"], Settings(), print)
    ledger.handle(Heartbeat())
    ledger.close()
    with closing(sqlite3.connect(out / FOLDER / LEDGER)) as base, base:
        base.execute('UPDATE runs SET settings = \'{"every": 2, "gone": 1}\'')
    run, _ = read_ledger(out)
    with pytest.raises(UsageError, match=r"another version .* setting gone"):
        _ = run.settings


def test_a_ledger_that_somebody_holds_is_not_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    with closing(sqlite3.connect(tmp_path / FOLDER / LEDGER, isolation_level=None)) as base:
        base.execute("CREATE TABLE runs (id INTEGER)")
        base.execute("BEGIN EXCLUSIVE")
        with pytest.raises(VidfxError, match="somebody else is writing") as raised:
            read_ledger(tmp_path)
    assert "remove" not in raised.value.hint
