"""A worker that dies, hangs or grows costs one video, and the others go on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import alive, children, wait_until
from tests.vidfx_command import results_in, same_imports, start, statuses, vidfx
from tests.worker_faults import copies, worker_faults
from vidfx.jobs.locks import BusyError, Locks

FAST = ["--emotion", "none", "--detector-size", "320", "--no-video", "--end", "0.4"]

IN_BAD = """
    import os, signal, time
    from vidfx.annotation import video
    whole = video.annotate_whole
    def annotate(source, *rest):
        if source.info.path.stem.startswith("bad"):
            {fault}
        return whole(source, *rest)
    video.annotate_whole = annotate
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_costs_one_video(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault="os.kill(os.getpid(), 11)"))
    folder, out = copies(clip, tmp_path / "in", "bad", "good", "well"), tmp_path / "out"
    done = vidfx("annotate", folder, "-o", out, *FAST, "--jobs", jobs, "--json")
    assert statuses(done) == {"bad": "failed", "good": "done", "well": "done"}
    assert done.exit_code == 1
    error = json.loads(done.stdout)["results"][0]["error"]
    assert error["type"] == "CrashedError"
    assert "SIGSEGV" in error["message"] and "2 times" in error["message"]
    assert "; retrying" in done.stderr
    assert len(results_in(out)) == 8

    told = json.loads(vidfx("status", out, "--json").stdout)
    assert told["counts"] == {"done": 2, "running": 0, "waiting": 0, "failed": 1}
    attempts = {v["place"]: v["attempts"] for v in told["videos"]}
    assert attempts == {
        "bad.mp4.summary.json": 2,
        "good.mp4.summary.json": 1,
        "well.mp4.summary.json": 1,
    }
    assert "SIGSEGV" in vidfx("status", out, "--failed").stdout
    monkeypatch.undo()
    again = vidfx("retry", out, "--json")
    assert statuses(again) == {"bad": "done", "good": "skipped", "well": "skipped"}


def test_one_death_is_forgiven(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "died"
    fault = f"os.path.exists({str(mark)!r}) or (open({str(mark)!r}, 'w'), os.kill(os.getpid(), 9))"
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault=fault))
    folder, out = copies(clip, tmp_path / "in", "bad"), tmp_path / "out"
    done = vidfx("annotate", folder, "-o", out, *FAST, "--json")
    assert statuses(done) == {"bad": "done"}, done.stderr
    assert "SIGKILL" in done.stderr
    assert len(results_in(out)) == 4  # and nothing of the one that died


def test_what_hangs_is_ended(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault="time.sleep(600)"))
    folder, out = copies(clip, tmp_path / "in", "bad", "good"), tmp_path / "out"
    done = vidfx("annotate", folder, "-o", out, *FAST, "--stall-timeout", "10", "--json")
    assert statuses(done) == {"bad": "failed", "good": "done"}
    assert "no progress for 10 s" in done.stderr and "--stall-timeout" in done.stderr
    assert len(results_in(out)) == 4


def test_what_does_not_fit_into_memory_is_ended(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow = "hog = bytearray(2_500_000_000); time.sleep(60)"
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault=grow))
    folder, out = copies(clip, tmp_path / "in", "bad", "good"), tmp_path / "out"
    done = vidfx("annotate", folder, "-o", out, *FAST, *("--max-memory", 2, "--jobs", 2, "--json"))
    assert statuses(done) == {"bad": "failed", "good": "done"}, done.stderr
    assert "more than the 2.0 GB" in done.stderr and "--max-memory" in done.stderr
    assert "going on with 1 at once" in done.stderr


def test_a_worker_that_cannot_even_start(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = "import sys, os\nif sys.argv[0] == '-m': os.kill(os.getpid(), 6)\n"
    worker_faults(monkeypatch, tmp_path, fault)
    done = vidfx("annotate", clip, "-o", tmp_path / "out", *FAST)
    assert done.exit_code == 4 and "SIGABRT" in done.stderr and "vidfx doctor" in done.stderr


def test_sigterm_lets_the_current_video_end(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault="time.sleep(2)"))
    folder, out = copies(clip, tmp_path / "in", "bad", "well"), tmp_path / "out"
    process = start(
        *("annotate", folder, "-o", out, *FAST, "--jobs", 1),
        *("--grace", "20", "--progress", "jsonl", "--json"),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "started":
            break
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [r["status"] for r in json.loads(stdout)["results"]] == ["done"]
    assert {name.split(".")[0] for name in results_in(out)} == {"bad"}


def test_workers_end_with_a_run_that_was_killed(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault="time.sleep(60)"))
    folder, out = copies(clip, tmp_path / "in", "bad", "well"), tmp_path / "out"
    process = start("annotate", folder, "-o", out, *FAST, "--jobs", 1, "--progress", "jsonl")
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "started":
            break
    (worker,) = children(process.pid)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    wait_until(lambda: not alive(worker), 10)
    assert not results_in(out)  # it left nothing behind

    told = json.loads(vidfx("status", out, "--json").stdout)
    assert told["videos"][0]["status"] in ("running", "waiting")
    monkeypatch.undo()
    done = vidfx("annotate", folder, "-o", out, *FAST, "--json")
    assert statuses(done) == {"bad": "done", "well": "done"}
    assert len(results_in(out)) == 8


def test_two_runs_share_a_folder(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_faults(monkeypatch, tmp_path, IN_BAD.format(fault="time.sleep(3)"))
    names = ["bad", *(f"v{i}" for i in range(5))]
    folder, out = copies(clip, tmp_path / "in", *names), tmp_path / "out"
    args = ["annotate", folder, "-o", out, *FAST, "--jobs", 1, "--json", "--progress", "text"]
    both = [start(*args), start(*args)]
    told = [process.communicate(timeout=120) for process in both]
    results = [
        {Path(r["input"]).stem: r["status"] for r in json.loads(stdout)["results"]}
        for stdout, _ in told
    ]
    for name in names:
        assert sorted(r[name] for r in results) == ["done", "skipped"], (name, results)
    assert any("another vidfx works on it" in stderr for _, stderr in told)
    assert len(results_in(out)) == 4 * len(names)


def test_locks_hold_between_processes_and_die_with_them(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vidfx.jobs.locks import Locks\n"
        "with Locks(Path(sys.argv[1])).hold(Path('a')): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, env=same_imports()
    )
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    locks = Locks(tmp_path)
    assert locks.fault is None
    with pytest.raises(BusyError), locks.hold(Path("a")):
        pass
    with locks.hold(Path("b")):
        pass
    other.kill()
    other.communicate()
    with locks.hold(Path("a")):
        pass
    locks.close()
