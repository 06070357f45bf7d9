"""Locks on open files, and what happens on a system that has none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.vidfx_command import run_python
from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx.jobs import file_locks
from vidfx.jobs.locks import Locks
from vidfx.workers.worker_process import WorkerProcess

ROOT = Path(__file__).parents[2]
POSIX_ONLY = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
NO_POSIX = f"import sys; sys.modules.update(dict.fromkeys({POSIX_ONLY}))\n"


def test_nothing_imports_posix_modules_but_file_locks() -> None:
    bare = re.compile(rf"^\s*(?:import|from) (?:{'|'.join(POSIX_ONLY)})\b", re.MULTILINE)
    files = [f for d in ("vidfx", "engines", "training") for f in (ROOT / d).rglob("*.py")]
    assert len(files) > 300
    found = {f.name for f in files if bare.search(f.read_text(encoding="utf-8"))}
    assert found == {"file_locks.py"}


def test_without_locks_the_folder_is_used_and_the_reason_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "_fcntl", None)
    locks = Locks(tmp_path)
    with locks.hold(tmp_path / "a"):
        pass
    locks.close()
    assert locks.fault == "this system has no POSIX file locks"


def test_without_posix_modules_finished_results_can_still_be_read() -> None:
    code = f"{NO_POSIX}import vidfx.cli.app, vidfx.run.batch, vidfx.tables.write, vidfx.report.make"
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_on_another_system_a_worker_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(UnavailableError, match="processed on Linux and macOS, not on") as raised:
        WorkerProcess(Settings(), None, None)
    assert "WSL2" in raised.value.hint
