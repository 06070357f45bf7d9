"""How a run looks: one line a video, details for those who ask, a bar that fits."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from vidfx.cli.console import live
from vidfx.cli.console.live import Live
from vidfx.cli.console.progress import ErrorsOnly, JsonLines, Lines
from vidfx.cli.console.text import write_error
from vidfx.errors import UsageError
from vidfx.jobs.event_lines import done_line
from vidfx.jobs.events import Advanced, Done, Notice, Planned, Started
from vidfx.jobs.plan import Job, Outputs
from vidfx.output.overview import overview

JOB = Job(Path("/videos/a long name of a talk about birds.mp4"), Outputs.of(Path("/out/talk")))


def track(
    frames: int, name: str | None, unsure: float | None = 0.0, **shares: float
) -> dict[str, Any]:
    return {
        "frames": frames,
        "identity": name,
        "emotion_share": shares,
        "unsure_share": unsure,
    }


def summary(*tracks: dict[str, Any]) -> dict[str, Any]:
    return {
        "counts": {
            "frames": 5001,
            "tracks": len(tracks),
            "first_frame_s": 0.0,
            "last_frame_s": 200.0,
        },
        "overview": overview(tracks),
        "outputs": {"video": "talk.annotated.mp4"},
        "seconds": {"total": 61.2},
        "warnings": [],
    }


def test_an_overview_weighs_tracks_by_their_frames() -> None:
    tracks = [
        track(600, "Ana", 0.5, happy=0.5, sad=0.5),
        track(100, "other", happy=1.0),
        track(100, "unknown", 1.0),
        track(999, "unknown", None),
    ]
    assert overview(tracks) == {
        "identities": ["Ana"],
        "emotion_share": {"happy": 0.625, "sad": 0.375},
        "unsure_share": 0.5,
    }
    # a share that is rounded to 1, of a track of two hours
    assert overview([track(200_000, None, 1.0, happy=1.0)])["emotion_share"] == {}
    assert overview([]) == {"identities": [], "emotion_share": {}, "unsure_share": None}


def test_a_finished_video_is_one_line() -> None:
    line = done_line(JOB, summary(track(96, "Ana", happy=1.0), track(4, "other", sad=1.0)))
    assert line == (
        f"{JOB.name}: 3 min 20 s of video in 1 min 01 s, 2 faces (Ana), happy 96%"
        f" -> {JOB.outputs.video}"
    )
    assert ", happy 100%, unsure 25% ->" in done_line(JOB, summary(track(96, "Ana", 0.25, happy=1)))
    assert ", no face -> " in done_line(JOB, summary())


@pytest.mark.parametrize("verbose", [False, True])
def test_details_are_for_those_who_ask(verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    shown = Lines(debug=False, verbose=verbose)
    shown.handle(Notice("PyAV decodes", detail=True))
    shown.handle(Notice("a fall-back"))
    text = capsys.readouterr().err
    assert ("PyAV" in text) == verbose and "a fall-back" in text
    JsonLines(debug=False).handle(Notice("PyAV decodes", detail=True))
    assert "PyAV" in capsys.readouterr().err
    ErrorsOnly(debug=False, verbose=True).handle(Notice("a fall-back"))
    assert not capsys.readouterr().err


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_bar_fits_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(live.time, "monotonic", lambda: float(next(clock)))
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, color_system="standard")
    with Live(debug=False, verbose=False, console=console) as shown:
        shown.handle(Planned((JOB,)))
        shown.handle(Started(JOB, 1280, 720, "h264", 6000))
        for frames in (1, 600, 1200):
            shown.handle(Advanced(JOB, frames))
    text = re.sub(r"\x1b\[[\d;?]*\w", "", screen.getvalue())  # without what moves the cursor
    bars = [line for line in re.split(r"[\r\n]", text) if " 20 %" in line]
    assert bars and all(len(bar) <= width and " left" in bar for bar in bars)


def test_a_finished_video_is_a_green_line_in_one_piece() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=50, force_terminal=True, color_system="standard")
    with Live(debug=False, verbose=False, console=console) as shown:
        shown.handle(Planned((JOB,)))
        shown.handle(Done(JOB, summary(track(9, None, happy=1.0))))
    line = done_line(JOB, summary(track(9, None, happy=1.0)))
    assert f"\x1b[32m{line}\x1b[0m" in screen.getvalue()


def test_an_error_is_red_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    error = UsageError("a\x1b[2Jb: no", hint="c")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    write_error(error)
    assert stderr.getvalue() == "\x1b[31mvidfx: a\N{REPLACEMENT CHARACTER}[2Jb: no (c)\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    write_error(error)
    assert "\x1b" not in stderr.getvalue()
