"""The Nth call of what a run leans on fails: its log, its ledger, its start, its files.

After each fault the run ends with a documented code, what has a final name is whole, the other
videos are done, and a second run without faults completes all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from benchmarks import clips
from tests.nth_call import fail_nth
from tests.vidfx_command import results_in, statuses, vidfx
from tests.worker_faults import worker_faults
from vidfx.jobs import ledger
from vidfx.workers import supervisor as workers

FAST = ("--emotion", "none", "--detector-size", "64", "--preset", "ultrafast", "--jobs", "2")
FULL, BROKEN, BUSY = (
    "OSError(28, 'No space left on device')",
    "OSError(5, 'Input/output error')",
    "OSError(11, 'Resource temporarily unavailable')",
)
NO_THREAD = 'RuntimeError("can\'t start new thread")'

COSTS_NOTHING = [
    ("vidfx.jobs.ledger:sqlite3.connect", "sqlite3.OperationalError('disk I/O error')"),
    ("vidfx.jobs.ledger:hold_run_lock", BROKEN),
    ("vidfx.jobs.ledger:write_change", FULL),
    ("vidfx.jobs.ledger:write_change", "sqlite3.OperationalError('database is locked')"),
    ("vidfx.workers.worker_process:tempfile.TemporaryFile", FULL),
    ("vidfx.cli.console.progress:say", FULL),
    ("vidfx.cli.console.progress:done_line", BROKEN),
    ("vidfx.cli.console.progress:Lines.handle", BROKEN),
]
"""In the run's own process; every video is done all the same."""
AT_THE_START = [
    ("vidfx.workers.worker_process:subprocess.Popen", BUSY),
    ("vidfx.workers.channel:socket.socketpair", "OSError(24, 'Too many open files')"),
    ("vidfx.workers.worker_process:Channel.send", "BrokenPipeError(32, 'Broken pipe')"),
    ("vidfx.workers.worker_process:Channel.receive", "EOFError()"),
]
"""In the run's own process too; once may not matter, always is an end with one line."""
IN_A_WORKER = [
    ("vidfx_engines.files:create", FULL),
    ("vidfx_engines.files:os.fsync", BROKEN),
    ("vidfx_engines.files:AtomicFile.publish", FULL),
    ("vidfx.run.worker:Channel.send", "BrokenPipeError(32, 'Broken pipe')"),
    ("vidfx.run.worker:Channel.receive", BROKEN),
    ("vidfx.run.worker:threading.Thread.start", NO_THREAD),
    ("vidfx.jobs.locks:os.open", "OSError(24, 'Too many open files')"),
    ("vidfx.run.do_task:find_leftovers", BROKEN),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three videos of three small frames."""
    found = tmp_path_factory.mktemp("three")
    for name in "abc":
        clips.write_clip(found / f"{name}.mp4", clips.demo_frames((96, 54), seconds=0.2), (96, 54))
    return found


def annotate(folder: Path, out: Path) -> Result:
    return vidfx("annotate", folder, "-o", out, *FAST, "--json", "--progress", "text")


def check(done: Result, out: Path) -> None:
    """What holds after any fault."""
    assert done.exit_code in (0, 1, 2, 3, 4), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert "Traceback" not in done.output
    names = results_in(out) if out.exists() else set[str]()
    assert not [n for n in names if n.endswith(".part")], names
    for name in {n.rsplit(".", 2)[0] for n in names}:  # all of a video or nothing
        summary = json.loads((out / f"{name}.summary.json").read_text())
        for file, size in summary["bytes"].items():
            assert (out / file).stat().st_size == size
    if done.exit_code:
        assert "vidfx: " in done.stderr or "failed" in done.stderr, done.stderr


def again(folder: Path, out: Path) -> None:
    done = annotate(folder, out)
    assert done.exit_code == 0, done.stderr
    assert set(statuses(done).values()) <= {"done", "skipped"} and len(results_in(out)) == 15


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Undone before the second run. Faults that last are given up on soon."""
    monkeypatch.setattr(ledger, "LAST_TRIES_S", 0.5)
    monkeypatch.setattr(ledger, "WRITE_EVERY_S", 0.1)
    monkeypatch.setattr(workers, "TRY_AGAIN_S", 0.1)
    with pytest.MonkeyPatch.context() as found:
        yield found


def sweep(table: list[tuple[str, str]], *sample: tuple[int, int]) -> list[Any]:
    """Each fault at each count, of which the default run takes ``sample``: rows and counts."""
    return [
        pytest.param(
            *(target, error, nth),
            id=f"{nth}-{target.partition(':')[2]}-{error[:20]}",
            marks=[] if (row, nth) in sample else [pytest.mark.slow],
        )
        for row, (target, error) in enumerate(table)
        for nth in (0, 1, 2, 3, 5, 8)
    ]


@pytest.mark.parametrize(("target", "error", "nth"), sweep(COSTS_NOTHING, (0, 0), (5, 0)))
def test_what_is_the_logs_fault_costs_nothing(
    folder: Path, tmp_path: Path, patch: pytest.MonkeyPatch, target: str, error: str, nth: int
) -> None:
    out = tmp_path / "out"
    fail_nth(target, nth, error, patch.setattr)
    done = annotate(folder, out)
    assert done.exit_code == 0 and [*statuses(done).values()] == ["done"] * 3, done.output
    check(done, out)
    patch.undo()
    again(folder, out)


@pytest.mark.parametrize(("target", "error", "nth"), sweep(AT_THE_START, (0, 0), (0, 2)))
def test_what_is_the_machines_fault_costs_no_video(
    folder: Path, tmp_path: Path, patch: pytest.MonkeyPatch, target: str, error: str, nth: int
) -> None:
    out = tmp_path / "out"
    fail_nth(target, nth, error, patch.setattr)
    done = annotate(folder, out)
    check(done, out)
    assert done.exit_code == (0 if nth else 4), done.output
    assert len(statuses(done)) == (3 if nth else 0)
    assert set(statuses(done).values()) <= {"done", "skipped"}  # of which the word was lost
    patch.undo()
    again(folder, out)


@pytest.mark.parametrize(("target", "error", "nth"), sweep(IN_A_WORKER, (0, 5), (2, 2), (5, 1)))
def test_a_fault_in_a_worker_costs_what_it_must(
    folder: Path, tmp_path: Path, patch: pytest.MonkeyPatch, target: str, error: str, nth: int
) -> None:
    out = tmp_path / "out"
    code = f"""
        import sys
        if sys.argv[0] == "-m":
            from tests.nth_call import fail_nth
            fail_nth({target!r}, {nth}, {error!r})
    """
    worker_faults(patch, tmp_path, code)
    check(annotate(folder, out), out)
    patch.undo()
    again(folder, out)
