"""MANY videos: what the user named becomes jobs, workers do them, the ledger remembers."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import VidfxError
from vidfx.run.hand import Task
from vidfx.run.ledger import Ledger
from vidfx.run.leftovers import find_leftovers
from vidfx.run.outcome import Outcome
from vidfx.run.plan import Job, plan
from vidfx.run.pool import Pool, Size
from vidfx.run.progress import Listener, Opened
from vidfx.run.ray_pool import RayPool


def annotate(
    inputs: Sequence[str],
    out: str | Path,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    outcomes: list[Outcome] | None = None,
    keep: Collection[str] = (),
) -> list[Outcome]:
    """Annotate all inputs into ``out``; returns what became of each.

    Inputs that cannot even be jobs come first, then the jobs in order. ``outcomes``, if given, is
    filled as the run goes on, so that whoever interrupts it has it. ``keep`` names summaries that
    not even ``settings.overwrite`` does again. A dry run looks, and does nothing. Raises
    UsageError and UnavailableError before any work where messages are wrong or an engine, device
    or backend is not available, OutputError where ``out`` cannot be made, Interrupted after
    SIGTERM.
    """
    outcomes = [] if outcomes is None else outcomes
    begun = time.monotonic()
    work = plan(inputs, out)
    with ExitStack() as stack:
        heard: Listener = listener
        if work.jobs and not dry_run:
            ledger = Ledger(work.folder, inputs, settings)
            stack.callback(ledger.close)
            heard = _Both(listener, ledger)
        heard.planned(work.jobs)
        for line in work.left_out:
            heard.left_out(line)
        for name, error in work.refused:
            heard.failed(name, error)
            outcomes.append(Outcome(name, "failed", error=error))
        if work.jobs:
            leftovers = {} if dry_run else find_leftovers(work.jobs)
            tasks = [
                Task(
                    job,
                    settings.overwrite and str(job.outputs.summary) not in keep,
                    leftovers.get(job.outputs.summary, []),
                )
                for job in work.jobs
            ]
            place_of_results = None if dry_run else work.folder
            if settings.executor == "ray":
                pool = RayPool(settings, place_of_results, heard, outcomes.append)
            else:
                size = Size.of(settings, len(tasks))
                pool = Pool(settings, size, place_of_results, heard, outcomes.append)
            try:
                pool.run(tasks)
            finally:
                place = {job.name: i for i, job in enumerate(work.jobs)}
                outcomes.sort(key=lambda outcome: place.get(outcome.input, -1))
                heard.ended(outcomes, time.monotonic() - begun)
    return outcomes


@dataclass(frozen=True)
class _Both(Listener):
    """Tells the user and the ledger."""

    user: Listener
    ledger: Ledger

    def planned(self, jobs: Sequence[Job]) -> None:
        self.user.planned(jobs)
        self.ledger.planned(jobs)

    def notice(self, text: str) -> None:
        self.user.notice(text)

    def left_out(self, line: str) -> None:
        self.user.left_out(line)

    def started(self, job: Job, opened: Opened) -> None:
        self.user.started(job, opened)
        self.ledger.started(job, opened)

    def advanced(self, job: Job, frames: int) -> None:
        self.user.advanced(job, frames)
        self.ledger.advanced(job, frames)

    def retried(self, job: Job, why: str) -> None:
        self.user.retried(job, why)
        self.ledger.retried(job, why)

    def done(self, job: Job, summary: dict[str, Any]) -> None:
        self.user.done(job, summary)
        self.ledger.done(job, summary)

    def skipped(self, job: Job, why: str) -> None:
        self.user.skipped(job, why)
        self.ledger.skipped(job, why)

    def failed(self, name: str, error: VidfxError) -> None:
        self.user.failed(name, error)
        self.ledger.failed(name, error)

    def ended(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        self.ledger.ended(outcomes, seconds)
        if self.ledger.fault:
            self.user.notice(f"the ledger could not be kept: {self.ledger.fault}")
        self.user.ended(outcomes, seconds)
