"""How a run looks on stderr: plain lines for a log, JSON lines for programs, or errors only."""

from __future__ import annotations

import sys
import time
import traceback
from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from vidfx.cli.console.forecast import Forecast
from vidfx.cli.console.text import say, write_error
from vidfx.errors import VidfxError
from vidfx.jobs.event_lines import (
    done_line,
    ended_line,
    retried_line,
    skipped_line,
    started_line,
    unit,
    warning_lines,
)
from vidfx.jobs.events import (
    Advanced,
    Done,
    Ended,
    Event,
    Failed,
    LeftOut,
    Notice,
    Planned,
    Retried,
    Skipped,
    Started,
)
from vidfx.jobs.plan import Job
from vidfx.notation import duration
from vidfx.output.strict_json import to_json

TEXT_EVERY_S = 5.0
JSON_EVERY_S = 0.5


class Renderer(AbstractContextManager["Renderer"]):
    """Shows the events of a run."""

    def __init__(self, *, debug: bool, verbose: bool) -> None:
        self.debug = debug
        self.verbose = verbose
        self.left_out: list[str] = []
        "lines about files that were found and are not inputs"
        self.inputs: list[str] = []
        "the names of all jobs"

    def __exit__(self, *_: object) -> None: ...

    def handle(self, event: Event) -> None:
        if isinstance(event, LeftOut):
            self.left_out.append(event.line)
            event = Notice(event.line)
        if isinstance(event, Planned):
            self.inputs = [job.name for job in event.jobs]
        if self.verbose or not (isinstance(event, Notice) and event.detail):
            self._show(event)

    @abstractmethod
    def _show(self, event: Event) -> None: ...

    def _show_error(self, error: VidfxError) -> None:
        if self.debug:
            traceback.print_exception(error)
        write_error(error)


class ErrorsOnly(Renderer):
    """Nothing but errors."""

    def _show(self, event: Event) -> None:
        if isinstance(event, Failed):
            self._show_error(event.error)


class Lines(Renderer):
    """Plain lines."""

    def __init__(self, *, debug: bool, verbose: bool) -> None:
        super().__init__(debug=debug, verbose=verbose)
        self._started: dict[Job, tuple[Started, float]] = {}
        "with the time"
        self._written: dict[Job, float] = {}
        "time of the last line about it"
        self._forecast = Forecast()
        self._jobs = 0

    def _show(self, event: Event) -> None:
        self._forecast.handle(event)
        match event:
            case Planned(jobs=jobs):
                self._jobs = len(jobs)
                if self._jobs > 1:
                    say(f"{self._jobs} inputs")
            case Notice(text=text):
                say(text)
            case Started(job=job):
                now = time.monotonic()
                self._started[job], self._written[job] = (event, now), now
                say(started_line(event))
            case Advanced(job=job, frames=frames):
                self._advanced(job, frames)
            case Retried(job=job, why=why):
                say(retried_line(job, why))
            case Done(job=job, summary=summary):
                say(self._place() + done_line(job, summary))
                for line in warning_lines(job, summary):
                    say(line)
            case Skipped(job=job, why=why):
                say(self._place() + skipped_line(job, why))
            case Ended(outcomes=outcomes, seconds=seconds) if len(outcomes) > 1:
                say(ended_line(outcomes, seconds))
            case Failed(error=error):
                self._show_error(error)
            case _:
                pass

    def _advanced(self, job: Job, frames: int) -> None:
        now = time.monotonic()
        if now - self._written[job] >= TEXT_EVERY_S:
            self._written[job] = now
            started, since = self._started[job]
            of = f" of {started.expected}" if started.expected else ""
            what = unit(job)
            say(f"{job.name}: {frames}{of} {what}, {frames / (now - since):.1f} {what}/s")

    def _place(self) -> str:
        if self._jobs < 2:
            return ""
        left = self._forecast.seconds_left()
        then = "" if not left else f", {duration(left)} left"
        return f"[{self._forecast.ended}/{self._jobs}{then}] "


class JsonLines(Renderer):
    """One JSON object a line, of details too."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug, verbose=True)
        self._written: dict[Job, float] = {}

    def _show(self, event: Event) -> None:
        match event:
            case Planned(jobs=jobs):
                self._write("planned", inputs=[job.name for job in jobs])
            case Notice(text=text):
                self._write("notice", text=text)
            case Started(job=job):
                self._write("started", input=job.name, frames_expected=event.expected)
            case Advanced(job=job, frames=frames):
                now = time.monotonic()
                if now - self._written.get(job, 0.0) >= JSON_EVERY_S:
                    self._written[job] = now
                    self._write("progress", input=job.name, frames=frames)
            case Retried(job=job, why=why):
                self._write("retried", input=job.name, why=why)
            case Done(job=job, summary=summary):
                self._write(
                    "done",
                    input=job.name,
                    counts=summary["counts"],
                    seconds=summary["seconds"]["total"],
                    warnings=summary["warnings"],
                )
            case Skipped(job=job, why=why):
                self._write("skipped", input=job.name, why=why)
            case Failed(input=name, error=error):
                self._write("failed", input=name, error=str(error), hint=error.hint)
            case Ended(seconds=seconds):
                self._write("ended", seconds=round(seconds, 3))
            case _:
                pass

    def _write(self, event: str, **content: Any) -> None:
        sys.stderr.write(to_json({"event": event, **content}) + "\n")
        sys.stderr.flush()
