"""A run on a terminal: a bar for each video in progress, one for all, and lines for the rest."""

from __future__ import annotations

import time
import traceback

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from vidfx.cli.console.forecast import SETTLED_S, Forecast
from vidfx.cli.console.progress import Renderer
from vidfx.errors import VidfxError, error_line
from vidfx.jobs.event_lines import (
    done_line,
    ended_line,
    retried_line,
    skipped_line,
    unit,
    warning_lines,
)
from vidfx.jobs.events import (
    Advanced,
    Done,
    Ended,
    Event,
    Failed,
    Notice,
    Planned,
    Retried,
    Skipped,
    Started,
)
from vidfx.jobs.plan import Job
from vidfx.notation import clean, duration

NARROW = 90
"columns of a terminal that has no room for frames a second"
DONE, FAILED, WARNING = "green", "red", "yellow"


class _Rate(ProgressColumn):
    """Frames a second and the time left, as far as they are known."""

    def __init__(self, *, narrow: bool) -> None:
        super().__init__(Column(no_wrap=True))
        self._narrow = narrow

    def render(self, task: Task) -> Text:
        rate, left = task.fields["rate"], task.fields["left"]
        parts: list[str] = []
        if rate is not None and not (self._narrow and left is not None):
            parts.append(f"{rate:.0f} {task.fields['unit']}/s")
        if left is not None:
            parts.append(f"{duration(left)} left")
        return Text(", ".join(parts))


class Live(Renderer):
    """Rich bars on stderr."""

    def __init__(self, *, debug: bool, verbose: bool, console: Console | None = None) -> None:
        super().__init__(debug=debug, verbose=verbose)
        console = console or Console(stderr=True, markup=False, highlight=False)
        narrow = console.width < NARROW
        self._progress = Progress(
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, max_width=console.width - (36 if narrow else 64)),
            ),
            BarColumn(10 if narrow else 24),
            TextColumn("{task.percentage:>3.0f} %", table_column=Column(no_wrap=True)),
            _Rate(narrow=narrow),
            console=console,
            transient=True,
            refresh_per_second=4,
        )
        self._forecast = Forecast()
        self._all: TaskID | None = None
        self._failed = 0
        self._bars: dict[Job, tuple[TaskID, float, int | None]] = {}
        "bar, begin and expected frames of each video in progress"
        self._by_name: dict[str, Job] = {}

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, event: Event) -> None:
        self._forecast.handle(event)
        match event:
            case Planned(jobs=jobs):
                self._by_name = {job.name: job for job in jobs}
                if len(jobs) > 1:
                    total = len(jobs)
                    self._all = self._add_bar("inputs", total)
            case Notice(text=text):
                self._print(text)
            case Started():
                self._open(event)
            case Advanced(job=job, frames=frames):
                self._advanced(job, frames)
            case Retried(job=job, why=why):
                self._close(job)
                self._print(retried_line(job, why))
            case Done(job=job, summary=summary):
                self._end(job)
                self._print(done_line(job, summary), DONE)
                for line in warning_lines(job, summary):
                    self._print(line, WARNING)
            case Skipped(job=job, why=why):
                self._end(job)
                self._print(skipped_line(job, why))
            case Failed(input=name, error=error):
                self._fail(name, error)
            case Ended(outcomes=outcomes, seconds=seconds) if len(outcomes) > 1:
                self._print(ended_line(outcomes, seconds))
            case _:
                pass

    def _print(self, text: str, style: str = "") -> None:
        self._progress.console.print(Text(clean(text), style), soft_wrap=True)

    def _open(self, started: Started) -> None:
        self._close(started.job)  # an earlier attempt
        name, expected = clean(started.job.source.name), started.expected
        bar = self._add_bar(name, expected, unit(started.job))
        self._bars[started.job] = bar, time.monotonic(), expected

    def _add_bar(self, name: str, total: int | None, counted: str = "frames") -> TaskID:
        return self._progress.add_task(name, total=total, rate=None, left=None, unit=counted)

    def _advanced(self, job: Job, frames: int) -> None:
        bar, since, expected = self._bars[job]
        elapsed = max(1e-3, time.monotonic() - since)
        rate = frames / elapsed
        left = None
        if expected is not None and frames and elapsed > SETTLED_S:
            left = max(0, expected - frames) / rate
        self._progress.update(bar, completed=frames, rate=rate, left=left)
        self._update_all()

    def _close(self, job: Job) -> None:
        if job in self._bars:
            self._progress.remove_task(self._bars.pop(job)[0])

    def _end(self, job: Job) -> None:
        self._close(job)
        self._update_all()

    def _fail(self, name: str, error: VidfxError) -> None:
        self._failed += 1
        if job := self._by_name.get(name):
            self._end(job)
        if self.debug:
            traceback.print_exception(error)
        self._print(error_line(error), FAILED)

    def _update_all(self) -> None:
        if self._all is None:
            return
        self._progress.update(
            self._all,
            description="inputs" + (f", {self._failed} failed" if self._failed else ""),
            completed=self._forecast.ended,
            rate=self._forecast.frames_per_second(),
            left=self._forecast.seconds_left(),
        )
