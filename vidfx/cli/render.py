"""How a run looks: a bar on a terminal, plain lines in a log, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from vidfx.errors import VidfxError
from vidfx.run.batch import Outcome
from vidfx.run.plan import Job
from vidfx.run.progress import Listener
from vidfx.types import VideoInfo

TEXT_EVERY_S = 5.0
JSON_EVERY_S = 0.5


class Renderer(Listener, AbstractContextManager["Renderer"]):
    """A listener that owns its place on the screen."""

    def __init__(self, *, debug: bool) -> None:
        self.debug = debug

    def __exit__(self, *_: object) -> None: ...

    def failed(self, name: str, error: VidfxError) -> None:
        if self.debug:
            traceback.print_exception(error)
        write_error(error)


def listener_for(kind: str, *, debug: bool) -> Renderer:
    """The renderer of ``--progress``; ``auto`` is a bar on a terminal and text elsewhere."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "text"
    return {"bar": Bar, "text": Lines, "jsonl": JsonLines, "none": ErrorsOnly}[kind](debug=debug)


def clean(text: str) -> str:
    """One line without control characters: a file's name must not drive the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _say(text: str) -> None:
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def write_error(error: VidfxError) -> None:
    """The line of an error, and what to do about it."""
    _say(f"vidfx: {error}" + (f" ({error.hint})" if error.hint else ""))


def write_json(outcomes: Sequence[Outcome], code: int, failure: VidfxError | None) -> None:
    """The result of a run as one object on stdout."""
    content: dict[str, Any] = {"schema": "vidfx.annotate/1", "exit_code": code}
    if failure:
        content["error"] = {
            "type": type(failure).__name__,
            "message": str(failure),
            "hint": failure.hint,
        }
    content["results"] = [outcome.as_json() for outcome in outcomes]
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def write_plan(outcomes: Sequence[Outcome]) -> None:
    """What a dry run would do, on stdout."""
    for outcome in outcomes:
        if outcome.status == "planned":
            folder = Path(outcome.outputs["summary"]).parent
            sys.stdout.write(clean(f"{outcome.input} -> {folder}") + "\n")
            for path in outcome.outputs.values():
                sys.stdout.write(clean(f"    {path}") + "\n")


def done_line(job: Job, summary: dict[str, Any]) -> str:
    """One line about a finished video."""
    counts, total = summary["counts"], summary["seconds"]["total"]
    tracks, frames = counts["tracks"], counts["frames"]
    line = f"{job.source}: done, {frames} frames, {tracks} tracks, {frames / total:.1f} frames/s"
    named = summary["outputs"].get("video", summary["outputs"]["faces"])
    return f"{line} -> {job.outputs.summary.parent / named}"


class ErrorsOnly(Renderer):
    def notice(self, text: str) -> None: ...

    def started(self, job: Job, info: VideoInfo, expected: int | None) -> None: ...

    def advanced(self, job: Job, frames: int) -> None: ...

    def done(self, job: Job, summary: dict[str, Any]) -> None: ...

    def skipped(self, job: Job, why: str) -> None: ...


class Lines(Renderer):
    """Plain lines on stderr."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._expected: int | None = None
        self._started = self._told = time.monotonic()

    def notice(self, text: str) -> None:
        _say(text)

    def started(self, job: Job, info: VideoInfo, expected: int | None) -> None:
        self._expected = expected
        self._started = self._told = time.monotonic()
        _say(f"{job.source}: {info.width}x{info.height} {info.codec}, started")

    def advanced(self, job: Job, frames: int) -> None:
        now = time.monotonic()
        if now - self._told >= TEXT_EVERY_S:
            self._told = now
            of = f" of {self._expected}" if self._expected else ""
            rate = frames / (now - self._started)
            _say(f"{job.source}: {frames}{of} frames, {rate:.1f} frames/s")

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        _say(done_line(job, summary))
        for warning in summary["warnings"]:
            _say(f"{job.source}: warning: {warning}")

    def skipped(self, job: Job, why: str) -> None:
        _say(f"{job.source}: skipped, {why} (--overwrite to do it again)")


class JsonLines(Renderer):
    """One JSON object a line on stderr."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._told = 0.0

    def _tell(self, event: str, **content: Any) -> None:
        sys.stderr.write(json.dumps({"event": event, **content}) + "\n")
        sys.stderr.flush()

    def notice(self, text: str) -> None:
        self._tell("notice", text=text)

    def started(self, job: Job, info: VideoInfo, expected: int | None) -> None:
        self._tell("started", input=str(job.source), frames_expected=expected)

    def advanced(self, job: Job, frames: int) -> None:
        now = time.monotonic()
        if now - self._told >= JSON_EVERY_S:
            self._told = now
            self._tell("progress", input=str(job.source), frames=frames)

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._tell(
            "done",
            input=str(job.source),
            counts=summary["counts"],
            seconds=summary["seconds"]["total"],
            warnings=summary["warnings"],
        )

    def skipped(self, job: Job, why: str) -> None:
        self._tell("skipped", input=str(job.source), why=why)

    def failed(self, name: str, error: VidfxError) -> None:
        self._tell("failed", input=name, error=str(error), hint=error.hint)


class _Rate(ProgressColumn):
    """Frames a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} frames/s")


class Bar(Renderer):
    """A Rich bar on stderr with frames a second and the time left."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _print(self, text: str) -> None:
        self._progress.console.print(Text(clean(text)), soft_wrap=True)

    def notice(self, text: str) -> None:
        self._print(text)

    def started(self, job: Job, info: VideoInfo, expected: int | None) -> None:
        self._close()
        self._task = self._progress.add_task(clean(job.source.name), total=expected)

    def advanced(self, job: Job, frames: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=frames)

    def _close(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._close()
        self._print(done_line(job, summary))
        for warning in summary["warnings"]:
            self._print(f"{job.source}: warning: {warning}")

    def skipped(self, job: Job, why: str) -> None:
        self._print(f"{job.source}: skipped, {why} (--overwrite to do it again)")

    def failed(self, name: str, error: VidfxError) -> None:
        self._close()
        super().failed(name, error)
