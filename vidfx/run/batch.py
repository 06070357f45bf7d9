"""MANY videos: inputs become jobs, worker processes do them, a ledger records them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vidfx.annotate.tasks import (
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
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job, Plan, plan_jobs
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
    outcomes: list[Outcome] | None = None,
    keep: Collection[str] = (),
    command: str | None = None,
) -> list[Outcome]:
    """Annotate all inputs into ``out``; returns what became of each.

    Inputs that cannot even be jobs come first, then the jobs in order. ``outcomes``, if given, is
    filled as the run goes on, so that an interrupted caller has it. ``keep`` names summaries whose
    videos are not done again even with ``settings.overwrite``; ``command`` is the line that was
    typed, for the summaries. A dry run only reports what it would do. Raises UsageError and
    UnavailableError before any work where messages are wrong or an engine, device or backend is not
    available, OutputError where ``out`` cannot be made, Interrupted after SIGTERM.
    """
    outcomes = [] if outcomes is None else outcomes
    started = time.monotonic()
    work = plan_jobs(inputs, out, sequence=settings.sequence)
    broadcast = Broadcast(listener)
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
        if work.jobs:
            try:
                _run(work, settings, report, outcomes, dry_run=dry_run, keep=keep, command=command)
            finally:
                place = {job.name: i for i, job in enumerate(work.jobs)}
                outcomes.sort(key=lambda outcome: place.get(outcome.input, -1))
                seconds = time.monotonic() - started
                report(Ended(tuple(outcomes), seconds))
            if not dry_run:
                write_overviews(work, settings, report)
            if not (dry_run or work.photographs):
                remember_speed(settings, outcomes, seconds)
    return outcomes


def _run(
    work: Plan,
    settings: Settings,
    report: Listener,
    outcomes: list[Outcome],
    *,
    dry_run: bool,
    keep: Collection[str],
    command: str | None,
) -> None:
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
        photographs = None
        if work.photographs:
            wanted = settings.overwrite and str(work.jobs[-1].outputs.summary) not in keep
            photographs = stack.enter_context(
                photographs_of(
                    work,
                    report,
                    outcomes,
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
            else:
                outcomes.append(_outcome(task.job, answer, settings, report))
        if photographs:
            photographs.complete()


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
