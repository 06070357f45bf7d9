"""How a run looks: plain lines in a log, JSON lines for programs, bars on a terminal (live.py)."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from vidfx.errors import VidfxError
from vidfx.jobs.events import Forecast, Listener, Opened
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job
from vidfx.output.strict_json import to_json

TEXT_EVERY_S = 5.0
JSON_EVERY_S = 0.5


class Renderer(Listener, AbstractContextManager["Renderer"]):
    """A listener that owns its place on the screen."""

    def __init__(self, *, debug: bool) -> None:
        self.debug = debug
        self.all_left_out: list[str] = []

    def __exit__(self, *_: object) -> None: ...

    def left_out(self, line: str) -> None:
        self.all_left_out.append(line)
        self.notice(line)

    def failed(self, name: str, error: VidfxError) -> None:
        if self.debug:
            traceback.print_exception(error)
        write_error(error)


def listener_for(kind: str, *, debug: bool) -> Renderer:
    """The renderer of ``--progress``; ``auto`` is a bar on a terminal and text elsewhere."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "text"
    if kind == "bar":
        from vidfx.cli.console.live import Live

        return Live(debug=debug)
    return {"text": Lines, "jsonl": JsonLines, "none": ErrorsOnly}[kind](debug=debug)


def clean(text: str) -> str:
    """One line without control characters: a file's name must not drive the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def say(text: str) -> None:
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def write_error(error: VidfxError) -> None:
    """The line of an error, and what to do about it."""
    say(f"vidfx: {error}" + (f" ({error.hint})" if error.hint else ""))


def write_json(
    outcomes: Sequence[Outcome], code: int, failure: VidfxError | None, left_out: Sequence[str]
) -> None:
    """The result of a run as one object on stdout."""
    content: dict[str, Any] = {"schema": "vidfx.annotate/1", "exit_code": code}
    if failure:
        content["error"] = {
            "type": type(failure).__name__,
            "message": str(failure),
            "hint": failure.hint,
        }
    if left_out:
        content["left_out"] = list(left_out)
    content["results"] = [outcome.as_json() for outcome in outcomes]
    write_object(content)


def write_object(content: object) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(to_json(content) + "\n")
    sys.stdout.flush()


def write_plan(outcomes: Sequence[Outcome]) -> None:
    """What a dry run would do, on stdout."""
    for outcome in outcomes:
        if outcome.status == "planned":
            folder = outcome.outputs["summary"].rpartition("/")[0]  # of a path or a URL
            sys.stdout.write(clean(f"{outcome.input} -> {folder}") + "\n")
            for path in outcome.outputs.values():
                sys.stdout.write(clean(f"    {path}") + "\n")


def ended_line(outcomes: Sequence[Outcome], seconds: float) -> str:
    """One line about a whole run."""
    statuses = Counter(outcome.status for outcome in outcomes)
    told = [f"{n} {status}" for status in ("done", "skipped", "failed") if (n := statuses[status])]
    frames = sum(outcome.counts.get("frames", 0) for outcome in outcomes)
    rate = f", {frames / seconds:.1f} frames/s" if frames and seconds else ""
    return f"{len(outcomes)} videos: {', '.join(told) or 'none'}, in {duration(seconds)}{rate}"


def duration(seconds: float) -> str:
    """As people say it: 8 s, 3 min 20 s, 2 h 05 min, 4 d 3 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def done_line(job: Job, summary: dict[str, Any]) -> str:
    """One line about a finished video."""
    counts, total = summary["counts"], summary["seconds"]["total"]
    tracks, frames = counts["tracks"], counts["frames"]
    line = f"{job.name}: done, {frames} frames, {tracks} tracks, {frames / total:.1f} frames/s"
    video, faces, *_ = job.addresses()
    return f"{line} -> {video if 'video' in summary['outputs'] else faces}"


def own_warnings(job: Job, summary: dict[str, Any]) -> list[str]:
    """Those of the video itself: what was left out beside it was told of the whole run."""
    return [warning for warning in summary["warnings"] if warning not in job.left_out]


class ErrorsOnly(Renderer):
    """Says nothing else."""


class Lines(Renderer):
    """Plain lines on stderr."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._opened: dict[Job, tuple[Opened, float]] = {}
        "with the time at which it was"
        self._told: dict[Job, float] = {}
        self._forecast = Forecast()
        self._begun = time.monotonic()
        self._jobs = 0

    def planned(self, jobs: Sequence[Job]) -> None:
        self._jobs = len(jobs)
        self._forecast.planned(jobs)
        if self._jobs > 1:
            say(f"{self._jobs} videos")

    def notice(self, text: str) -> None:
        say(text)

    def started(self, job: Job, opened: Opened) -> None:
        now = time.monotonic()
        self._opened[job], self._told[job] = (opened, now), now
        self._forecast.started(job, opened)
        say(f"{job.name}: {opened.width}x{opened.height} {opened.codec}, started")

    def advanced(self, job: Job, frames: int) -> None:
        self._forecast.advanced(job, frames)
        now = time.monotonic()
        if now - self._told[job] >= TEXT_EVERY_S:
            self._told[job] = now
            opened, since = self._opened[job]
            of = f" of {opened.expected}" if opened.expected else ""
            say(f"{job.name}: {frames}{of} frames, {frames / (now - since):.1f} frames/s")

    def retried(self, job: Job, why: str) -> None:
        say(f"{job.name}: {why}; it is tried again")

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._forecast.over(job)
        say(self._place() + done_line(job, summary))
        for warning in own_warnings(job, summary):
            say(f"{job.name}: warning: {warning}")

    def skipped(self, job: Job, why: str) -> None:
        self._forecast.over(job)
        say(f"{self._place()}{job.name}: skipped, {why} (--overwrite to do it again)")

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        if len(outcomes) > 1:
            say(ended_line(outcomes, seconds))

    def _place(self) -> str:
        if self._jobs < 2:
            return ""
        left = self._forecast.seconds_left(time.monotonic() - self._begun)
        then = "" if not left else f", {duration(left)} left"
        return f"[{self._forecast.ended}/{self._jobs}{then}] "


class JsonLines(Renderer):
    """One JSON object a line on stderr."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._told: dict[Job, float] = {}

    def _tell(self, event: str, **content: Any) -> None:
        sys.stderr.write(to_json({"event": event, **content}) + "\n")
        sys.stderr.flush()

    def planned(self, jobs: Sequence[Job]) -> None:
        self._tell("planned", inputs=[job.name for job in jobs])

    def notice(self, text: str) -> None:
        self._tell("notice", text=text)

    def started(self, job: Job, opened: Opened) -> None:
        self._tell("started", input=job.name, frames_expected=opened.expected)

    def advanced(self, job: Job, frames: int) -> None:
        now = time.monotonic()
        if now - self._told.get(job, 0.0) >= JSON_EVERY_S:
            self._told[job] = now
            self._tell("progress", input=job.name, frames=frames)

    def retried(self, job: Job, why: str) -> None:
        self._tell("retried", input=job.name, why=why)

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._tell(
            "done",
            input=job.name,
            counts=summary["counts"],
            seconds=summary["seconds"]["total"],
            warnings=summary["warnings"],
        )

    def skipped(self, job: Job, why: str) -> None:
        self._tell("skipped", input=job.name, why=why)

    def failed(self, name: str, error: VidfxError) -> None:
        self._tell("failed", input=name, error=str(error), hint=error.hint)

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        self._tell("ended", seconds=round(seconds, 3))
