"""A run on a terminal: a bar for each video at hand, one for all, and lines for what is over."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
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
)
from rich.text import Text

from vidfx.cli.console.render import Renderer, clean, done_line, duration, ended_line, own_warnings
from vidfx.errors import VidfxError
from vidfx.jobs.events import Forecast, Opened
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job


class _Told(ProgressColumn):
    """Frames a second and the time left, as far as they are known."""

    def render(self, task: Task) -> Text:
        rate, left = task.fields["rate"], task.fields["left"]
        told = [] if rate is None else [f"{rate:.0f} frames/s"]
        return Text(", ".join([*told, *([] if left is None else [f"{duration(left)} left"])]))


class Live(Renderer):
    """Rich bars on stderr."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__(debug=debug)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Told(),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )
        self._forecast = Forecast()
        self._begun = time.monotonic()
        self._all: TaskID | None = None
        self._failed = 0
        self._bars: dict[Job, tuple[TaskID, float, int | None]] = {}
        "bar, begin and expected frames of each video at hand"
        self._by_name: dict[str, Job] = {}

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def planned(self, jobs: Sequence[Job]) -> None:
        self._by_name = {job.name: job for job in jobs}
        self._forecast.planned(jobs)
        if len(jobs) > 1:
            self._all = self._progress.add_task("videos", total=len(jobs), rate=None, left=None)

    def notice(self, text: str) -> None:
        self._print(text)

    def started(self, job: Job, opened: Opened) -> None:
        self._close(job)
        self._forecast.started(job, opened)
        bar = self._progress.add_task(
            clean(job.source.name), total=opened.expected, rate=None, left=None
        )
        self._bars[job] = bar, time.monotonic(), opened.expected

    def advanced(self, job: Job, frames: int) -> None:
        self._forecast.advanced(job, frames)
        bar, since, expected = self._bars[job]
        rate = frames / max(1e-3, time.monotonic() - since)
        left = None if expected is None or not rate else max(0, expected - frames) / rate
        self._progress.update(bar, completed=frames, rate=rate, left=left)
        self._tell_of_all()

    def retried(self, job: Job, why: str) -> None:
        self._close(job)
        self._print(f"{job.name}: {why}; it is tried again")

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self._over(job)
        self._print(done_line(job, summary))
        for warning in own_warnings(job, summary):
            self._print(f"{job.name}: warning: {warning}")

    def skipped(self, job: Job, why: str) -> None:
        self._over(job)
        self._print(f"{job.name}: skipped, {why} (--overwrite to do it again)")

    def failed(self, name: str, error: VidfxError) -> None:
        self._failed += 1
        if job := self._by_name.get(name):
            self._over(job)
        if self.debug:
            traceback.print_exception(error)
        self._print(f"vidfx: {error}" + (f" ({error.hint})" if error.hint else ""))

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        if len(outcomes) > 1:
            self._print(ended_line(outcomes, seconds))

    def _print(self, text: str) -> None:
        self._progress.console.print(Text(clean(text)), soft_wrap=True)

    def _close(self, job: Job) -> None:
        if job in self._bars:
            self._progress.remove_task(self._bars.pop(job)[0])

    def _over(self, job: Job) -> None:
        self._close(job)
        self._forecast.over(job)
        self._tell_of_all()

    def _tell_of_all(self) -> None:
        if self._all is None:
            return
        elapsed = time.monotonic() - self._begun
        self._progress.update(
            self._all,
            description="videos" + (f", {self._failed} failed" if self._failed else ""),
            completed=self._forecast.ended,
            rate=self._forecast.frames / elapsed if self._forecast.frames else None,
            left=self._forecast.seconds_left(elapsed),
        )
