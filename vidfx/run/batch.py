"""MANY videos: inputs become jobs, worker processes do them, a ledger records them.

``annotate`` is what the command line and ``vidfx.annotate`` call.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vidfx.annotation.tasks import (
    AlreadyDone,
    Annotated,
    AnnotatePhotographs,
    AnnotateVideo,
    WouldBeDone,
)
from vidfx.auto_device import choose_device
from vidfx.config import Settings
from vidfx.jobs.events import (
    Broadcast,
    Done,
    Ended,
    Failed,
    LeftOut,
    Listener,
    Notice,
    Planned,
    Skipped,
)
from vidfx.jobs.ledger import Ledger
from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.outcomes import Outcome, in_order_of
from vidfx.jobs.plan import Job, Plan, plan_jobs
from vidfx.run.log import log_event
from vidfx.run.on_sigterm import on_sigterm
from vidfx.run.overviews import write_overviews
from vidfx.run.photographs import PhotographRun, photographs_of
from vidfx.run.ray_pool import RayPool
from vidfx.run.speed_here import remember_speed
from vidfx.workers.messages import Answer, Failure, from_plain
from vidfx.workers.pool import Answered, Pool
from vidfx.workers.sizing import PoolSize
from vidfx.workers.task import Task


def annotate(
    inputs: Sequence[str],
    out: str | Path,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    keep: Collection[str] = (),
    command: str | None = None,
) -> Generator[Outcome]:
    """Annotate all inputs into ``out``; yields what became of each, as they end.

    Inputs that cannot even be jobs come first. When it is closed, or an error ends it, worker
    processes are ended, and their temporary files removed. ``keep`` names summaries whose videos
    are not done again even with ``settings.overwrite``; ``command`` is the line that was typed, for
    the summaries. A dry run only reports what it would do. Raises UsageError and UnavailableError
    before any work where messages are wrong or an engine, device or backend is not available,
    OutputError where ``out`` cannot be made, Interrupted after SIGTERM.
    """
    outcomes: list[Outcome] = []
    started = time.monotonic()
    work = plan_jobs(inputs, out, sequence=settings.sequence)
    broadcast = Broadcast(log_event, listener)
    report = broadcast.handle
    with ExitStack() as stack:
        if work.jobs and not dry_run:
            ledger = Ledger(work.folder, inputs, settings, lambda text: report(Notice(text)))
            stack.callback(ledger.close)
            broadcast.add(ledger.handle)
        report(Planned(work.jobs))
        for text in work.notices:
            report(Notice(text))
        for line in work.left_out:
            report(LeftOut(line))
        for name, error in work.refused:
            report(Failed(name, error))
            outcomes.append(Outcome(name, "failed", error=error))
            yield outcomes[-1]
        if work.jobs:
            run = _run(work, settings, report, dry_run=dry_run, keep=keep, command=command)
            try:
                with closing(run):
                    for outcome in run:
                        outcomes.append(outcome)
                        yield outcome
            finally:
                outcomes.sort(key=in_order_of(job.name for job in work.jobs))
                seconds = time.monotonic() - started
                report(Ended(tuple(outcomes), seconds))
            if not dry_run:
                write_overviews(work, settings, report)
            if not (dry_run or work.photographs):
                remember_speed(settings, outcomes, seconds)


def _run(
    work: Plan,
    settings: Settings,
    report: Listener,
    *,
    dry_run: bool,
    keep: Collection[str],
    command: str | None,
) -> Generator[Outcome]:
    """What becomes of the jobs."""
    leftovers = {} if dry_run else find_leftovers(work.jobs)
    tasks = [
        AnnotateVideo(
            job,
            settings.overwrite and str(job.outputs.summary) not in keep,
            tuple(leftovers.get(job.outputs.summary, ())),
            command,
        )
        for job in work.jobs
        if not job.photographs
    ]
    out = None if dry_run else work.folder
    with ExitStack() as stack:
        photographs, of_photographs = None, list[Outcome]()
        if work.photographs:
            if settings.embeddings:
                report(Notice("of photographs no embeddings are kept"))
            wanted = settings.overwrite and str(work.jobs[-1].outputs.summary) not in keep
            photographs = stack.enter_context(
                photographs_of(
                    work,
                    report,
                    of_photographs,
                    overwrite=wanted,
                    command=command,
                    video=settings.video,
                    verify=settings.verify,
                    dry_run=dry_run,
                )
            )
        groups = photographs.groups() if photographs else []
        count = len(tasks) + len(groups)
        if settings.executor == "ray":
            pool = stack.enter_context(RayPool(settings, out, report))
        else:
            device = choose_device(settings).device
            size = PoolSize.of(replace(settings, device=device), count)
            local = Pool(
                settings,
                size,
                out,
                report,
                size_for_device=lambda device: size.on(device, settings, count),
            )
            stack.enter_context(on_sigterm(local.stop))
            pool = stack.enter_context(local)
        for task, answer in _answers(pool, [*tasks, *groups], photographs):
            if photographs and isinstance(task, AnnotatePhotographs):
                photographs.add(task, answer)
                yield from _taken(of_photographs)
            else:
                yield _outcome(task.job, answer, settings, report)
        if photographs:
            photographs.complete()
        yield from _taken(of_photographs)


def _taken(outcomes: list[Outcome]) -> Iterator[Outcome]:
    while outcomes:
        yield outcomes.pop(0)


def _answers(
    pool: Pool | RayPool, tasks: Sequence[Task], photographs: PhotographRun | None
) -> Iterator[Answered]:
    """Those to all tasks, then to the photographs of groups that failed, one by one."""
    yield from pool.do(tasks)
    if photographs and (singles := photographs.singles()):
        yield from pool.do(singles)


def _outcome(job: Job, answer: Answer | Failure, settings: Settings, report: Listener) -> Outcome:
    """What became of a job; reports it too."""
    if isinstance(answer, Failure):
        report(Failed(job.name, answer.error))
        return Outcome(job.name, "failed", error=answer.error)
    kinds = [field.name for field in fields(job.outputs)]
    unwritten = {"privacy"} if settings.video else {"privacy", "video"}
    outputs = dict(zip(kinds, job.addresses(), strict=True))
    outputs = {kind: place for kind, place in outputs.items() if kind not in unwritten}
    result: Annotated | AlreadyDone | WouldBeDone = from_plain(
        answer.result, Annotated | AlreadyDone | WouldBeDone
    )
    match result:
        case Annotated(summary=summary):
            report(Done(job, summary))
            seconds, warnings = summary["seconds"]["total"], tuple(summary["warnings"])
            return Outcome(
                job.name,
                "done",
                outputs,
                counts=summary["counts"],
                seconds=seconds,
                pixels=_pixels(summary["input"], summary["counts"]["frames"]),
                warnings=warnings,
            )
        case AlreadyDone(why=why):
            report(Skipped(job, why))
            return Outcome(job.name, "skipped", outputs)
        case WouldBeDone():
            counts = result.counts()
            pixels = _pixels(counts, result.frames or 0)
            return Outcome(job.name, "planned", outputs, counts=counts, pixels=pixels)


def _pixels(video: dict[str, Any], frames: int) -> int:
    return frames * video.get("width_px", 0) * video.get("height_px", 0)
