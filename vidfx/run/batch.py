"""MANY videos: what the user named becomes jobs, workers do them, the ledger remembers."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from vidfx.config import Settings
from vidfx.jobs.events import Broadcast, Ended, Failed, LeftOut, Listener, Notice, Planned
from vidfx.jobs.ledger import Ledger
from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import plan
from vidfx.run.ray_pool import RayPool
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize
from vidfx.workers.worker_process import Task


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
        broadcast = Broadcast(listener)
        report = broadcast.handle
        if work.jobs and not dry_run:
            ledger = Ledger(work.folder, inputs, settings, lambda text: report(Notice(text)))
            stack.callback(ledger.close)
            broadcast.add(ledger.handle)
        report(Planned(work.jobs))
        for line in work.left_out:
            report(LeftOut(line))
        for name, error in work.refused:
            report(Failed(name, error))
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
                pool = RayPool(settings, place_of_results, report, outcomes.append)
            else:
                size = PoolSize.of(settings, len(tasks))
                pool = Pool(
                    *(settings, size, place_of_results, report, outcomes.append),
                    settle=lambda device: size.on(device, settings, len(tasks)),
                )
            try:
                pool.run(tasks)
            finally:
                place = {job.name: i for i, job in enumerate(work.jobs)}
                outcomes.sort(key=lambda outcome: place.get(outcome.input, -1))
                report(Ended(tuple(outcomes), time.monotonic() - begun))
    return outcomes
