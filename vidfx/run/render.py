"""MANY finished videos drawn again, in worker processes that load no engines."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from vidfx.annotation.tasks import AlreadyDone, WouldBeDone
from vidfx.config import Settings
from vidfx.errors import UsageError
from vidfx.jobs.events import (
    Broadcast,
    Done,
    Ended,
    Failed,
    LeftOut,
    Listener,
    Planned,
    Skipped,
)
from vidfx.jobs.outcomes import Outcome, in_order_of
from vidfx.jobs.plan import Job
from vidfx.render.only import check_only
from vidfx.render.task import Rendered, RenderOptions
from vidfx.run.log import log_event
from vidfx.run.on_sigterm import on_sigterm
from vidfx.run.render_jobs import plan_renders
from vidfx.workers.messages import Answer, Failure, from_plain
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize


def render(
    places: Sequence[str],
    settings: Settings,
    options: RenderOptions,
    listener: Listener,
    *,
    out: Path | None = None,
    dry_run: bool = False,
) -> Generator[Outcome]:
    """Draw all finished videos in ``places`` again; yields what became of each, as they end.

    Each goes beside its rows, or into ``out``. When it is closed, or an error ends it, worker
    processes are ended. A dry run only reports what it would do. Raises UsageError before any work,
    Interrupted after SIGTERM.
    """
    outcomes: list[Outcome] = []
    started = time.monotonic()
    check_only(options.only)
    if settings.messages not in ("none", "default") and not Path(settings.messages).is_file():
        raise UsageError(f"{settings.messages}: there is no such file", hint="check --messages")
    plan = plan_renders(places, out)
    settings = replace(settings, device="cpu")
    report = Broadcast(log_event, listener).handle
    report(Planned(plan.jobs))
    for line in plan.left_out:
        report(LeftOut(line))
    tasks = plan.tasks(options, overwrite=settings.overwrite, dry_run=dry_run)
    size = PoolSize.of(settings, len(tasks))
    try:
        with ExitStack() as stack:
            pool = Pool(settings, size, None, report, engines="none")
            stack.enter_context(on_sigterm(pool.stop))
            for task, answer in stack.enter_context(pool).do(tasks):
                outcomes.append(_outcome(task.job, answer, report))
                yield outcomes[-1]
    finally:
        outcomes.sort(key=in_order_of(job.name for job in plan.jobs))
        report(Ended(tuple(outcomes), time.monotonic() - started))


def _outcome(job: Job, answer: Answer | Failure, report: Listener) -> Outcome:
    """What became of a job; reports it too."""
    if isinstance(answer, Failure):
        report(Failed(job.name, answer.error))
        return Outcome(job.name, "failed", error=answer.error)
    outputs = {"video": str(job.outputs.video), "record": str(job.outputs.summary)}
    result: Rendered | AlreadyDone | WouldBeDone = from_plain(
        answer.result, Rendered | AlreadyDone | WouldBeDone
    )
    match result:
        case Rendered(record=record):
            report(Done(job, record))
            return Outcome(
                job.name,
                "done",
                outputs,
                counts=record["counts"],
                seconds=record["seconds"]["total"],
                warnings=tuple(record["warnings"]),
            )
        case AlreadyDone(why=why):
            report(Skipped(job, why))
            return Outcome(job.name, "skipped", outputs)
        case WouldBeDone():
            return Outcome(job.name, "planned", outputs, counts=result.counts())
