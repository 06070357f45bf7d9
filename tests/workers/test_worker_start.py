"""A worker has limits from its start, and a fault there costs no video."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import clips
from tests.processes import alive, children, wait_until
from tests.vidfx_command import results_in, start, vidfx
from tests.worker_faults import copies, worker_faults

FAST = ["--emotion", "none", "--detector-size", "320", "--no-video", "--end", "0.4"]
IN_WORKERS = """
    import os, sys, time
    def first():
        try:
            os.close(os.open({mark!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
    if sys.argv[0] == "-m":
        {fault}
"""


def in_workers(monkeypatch: pytest.MonkeyPatch, folder: Path, fault: str) -> None:
    """Have workers begin with ``fault``; ``first()`` is true in one of them."""
    code = IN_WORKERS.format(mark=str(folder / "mark"), fault=fault)
    worker_faults(monkeypatch, folder, code)


def test_a_start_that_hangs_is_ended(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_workers(monkeypatch, tmp_path, "time.sleep(600)")
    done = vidfx("annotate", clip, "-o", tmp_path / "out", *FAST, "--stall-timeout", 1)
    assert done.exit_code == 4, done.output
    assert "the engines cannot be loaded: no progress for 1 s" in done.stderr
    assert "--stall-timeout" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_start_that_grows_is_ended(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_workers(monkeypatch, tmp_path, "hog = bytearray(600_000_000); time.sleep(600)")
    done = vidfx("annotate", clip, "-o", tmp_path / "out", *FAST, "--max-memory", 0.4)
    assert done.exit_code == 4, done.output
    assert "the engines need more than the 0.4 GB" in done.stderr and "--max-memory" in done.stderr


@pytest.mark.parametrize("fault", ["os.kill(os.getpid(), 6)", "time.sleep(600)"])
def test_a_further_worker_that_does_not_start_costs_no_video(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    in_workers(monkeypatch, tmp_path, f"first() or {fault}")
    folder, out = copies(clip, tmp_path / "in", "a", "b", "c"), tmp_path / "out"
    done = vidfx("annotate", folder, "-o", out, *FAST, "--jobs", 2, "--stall-timeout", 30)
    assert done.exit_code == 0, done.output
    assert len(results_in(out)) == 12


def test_a_run_that_was_killed_leaves_no_segments(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the worker that was at them, whose own workers are left alone then."""
    mark = tmp_path / "drawn"
    fault = f"""
        import os, sys, time
        if sys.argv[0] == "-m":
            from vidfx.annotation.drawing import annotated_video as film
            whole = film.AnnotatedVideo.complete
            def complete(self):
                try:
                    os.close(os.open({str(mark)!r}, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    time.sleep(60)
                return whole(self)
            film.AnnotatedVideo.complete = complete
    """
    worker_faults(monkeypatch, tmp_path, fault)

    video, out = tmp_path / "long.mp4", tmp_path / "out"
    clips.write_clip(video, clips.demo_frames((240, 136), seconds=2), (240, 136), g="15")
    options = ("--emotion", "none", "--detector-size", "128", "--preset", "ultrafast")
    process = start("annotate", video, "-o", out, *options, "--segments", 2, quiet=True)
    wait_until(lambda: mark.exists() and len(parts(out)) > 3)
    (worker,) = children(process.pid)
    others = children(worker)
    assert len(others) == 2
    os.kill(worker, 9)
    process.kill()
    process.wait()
    wait_until(lambda: not any(map(alive, others)))
    # the labels and the joined video of the one that was killed outright are the next run's
    assert not [name for name in parts(out) if f".{worker}." not in name]
    monkeypatch.undo()
    done = vidfx("annotate", video, "-o", out, *options, "--json")
    assert json.loads(done.stdout)["results"][0]["status"] == "done" and not parts(out)


def parts(out: Path) -> list[str]:
    return [n for n in results_in(out) if n.endswith(".part")] if out.exists() else []
