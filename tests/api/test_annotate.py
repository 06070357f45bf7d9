"""`vidfx.annotate` in programs: what it yields, and that it leaves nothing behind."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import psutil
import pytest

import vidfx
from tests.vidfx_command import run_python, same_imports
from vidfx.api.progress import bars, progress_listener
from vidfx.errors import InputError, UnavailableError, UsageError
from vidfx.jobs.events import Advanced, Failed, Notice, Planned, Started
from vidfx.jobs.plan import Job, Outputs
from vidfx.load_settings import with_changes
from vidfx.run.log import log_event

CLOSED_EARLY = """
    import json, psutil, vidfx
    from pathlib import Path

    def left():
        parts = [p.name for p in Path("out").rglob("*") if p.name.endswith(".part")]
        return [*parts, *(p.pid for p in psutil.Process().children(recursive=True))]

    run = vidfx.annotate(["talk.mp4", "again.mp4"], "out", report=False, jobs=1)
    first = next(run)
    during = len(left())
    run.close()
    after = left()

    def raises(progress):
        raise LookupError(progress.input)

    try:
        list(vidfx.annotate("talk.mp4", "other", progress=raises))
        raised = None
    except LookupError as error:
        raised = str(error)
    print(json.dumps([first.status, during, after, raised, left()]))
"""
"""No main guard: workers must not run it again."""


def test_a_run_that_is_closed_or_fails_leaves_nothing_behind(in_folder: Path) -> None:
    (in_folder / "again.mp4").write_bytes((in_folder / "talk.mp4").read_bytes())
    (in_folder / "script.py").write_text(textwrap.dedent(CLOSED_EARLY))
    done = subprocess.run(
        [sys.executable, "script.py"],
        check=False,
        capture_output=True,
        text=True,
        env=same_imports(),
    )
    assert done.returncode == 0, done.stderr
    status, during, after, raised, at_end = json.loads(done.stdout)
    assert status == "done" and during and not after
    assert raised == "talk.mp4" and not at_end


def test_ctrl_c_leaves_nothing_behind(in_folder: Path) -> None:
    code = """
        import signal, sys, vidfx
        signal.signal(signal.SIGINT, signal.default_int_handler)
        list(vidfx.annotate("talk.mp4", "out", progress=lambda p: print(p.frames, flush=True)))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=same_imports(),
    )
    assert process.stdout and process.stdout.readline() == "0\n"
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert workers and not psutil.wait_procs(workers, timeout=10)[1]
    assert not [p for p in in_folder.rglob("*") if p.name.endswith(".part")]


def test_what_would_be_done(in_folder: Path) -> None:
    (outcome,) = vidfx.annotate(Path("talk.mp4"), in_folder / "out", dry_run=True)
    assert outcome.status == "planned" and outcome.counts["width_px"] == 320
    assert not (in_folder / "out").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "'colour' is not a setting"),
        ({"every": 0}, "every: a whole number above 0 or auto is needed"),
        ({"start": "later"}, "start: 'later' is not a time"),
        ({"start": 2, "end": "0:01"}, "start, end: the end, 1 s, is not after the start, 2 s"),
        ({"hide": "everyone", "video": False}, "hide: faces are hidden in the annotated video"),
    ],
)
def test_wrong_settings_are_refused_before_any_work(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match="^" + said):
        vidfx.annotate("talk.mp4", "out", **changes)


def test_settings_may_be_written_as_on_the_command_line() -> None:
    changes = {"start": "1:30", "every": "auto", "hide": "everyone", "recognition": Path("a.onnx")}
    chosen = with_changes(vidfx.Settings(crf=30), changes | {"detector": None})
    assert (chosen.start, chosen.every, chosen.hide) == (90.0, 0, ("everyone",))
    assert (chosen.recognition, chosen.crf, chosen.detector) == ("a.onnx", 30, "embedded")


def test_variables_and_files_do_not_count(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_folder / "vidfx.toml").write_text("[annotate]\nevery = 'wrong'\n")
    monkeypatch.setenv("VIDFX_DETECTOR", "missing.onnx")
    (outcome,) = vidfx.annotate("talk.mp4", "out", dry_run=True)
    assert outcome.status == "planned"


def _job(name: str) -> Job:
    return Job(Path(name), Outputs.of(Path("out", name)))


def test_progress_counts_frames_and_inputs() -> None:
    told: list[vidfx.Progress] = []
    listener = progress_listener(told.append)
    a, b = _job("a.mp4"), _job("b.mp4")
    for event in (
        Planned((a, b)),
        Started(a, 320, 180, "h264", 10),
        Advanced(a, 4),
        Failed("b.mp4", InputError("b.mp4: broken")),
    ):
        listener(event)
    assert [(p.input, p.frames, p.expected, p.ended, p.inputs) for p in told] == [
        ("a.mp4", 0, 10, 0, 2),
        ("a.mp4", 4, 10, 0, 2),
        ("b.mp4", 0, None, 1, 2),
    ]


def test_bars_show_inputs_and_frames(capsys: pytest.CaptureFixture[str]) -> None:
    with bars() as tell:
        tell(vidfx.Progress("a.mp4", 0, 10, 0, 2))
        tell(vidfx.Progress("a.mp4", 10, 10, 1, 2))
    assert "inputs:  50%" in capsys.readouterr().err


def test_bars_need_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(UnavailableError, match="needs tqdm"):
        list(vidfx.annotate("talk.mp4", "out", progress=True))


def test_the_log_has_what_the_terminal_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "vidfx")
    log_event(Notice("a usual choice", detail=True))
    log_event(Started(_job("a.mp4"), 320, 180, "h264", 10))
    log_event(Failed("a.mp4", InputError("a.mp4: broken", hint="repair it")))
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("DEBUG", "a usual choice"),
        ("INFO", "a.mp4: 320x180 h264, started"),
        ("ERROR", "vidfx: a.mp4: broken (repair it)"),
    ]


def test_nothing_is_printed_unless_a_program_asks_for_the_log() -> None:
    code = (
        "from vidfx.run.log import log_event\n"
        "from vidfx.jobs.events import Failed\n"
        "from vidfx.errors import InputError\n"
        "log_event(Failed('a.mp4', InputError('broken')))"
    )
    assert run_python(code).stderr == ""
