"""The photographs of a run: in groups to the worker processes, then together into the tables.

A group whose worker fails is given again picture by picture, so that a hostile picture costs no
other one.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from vidfx.annotation.stage_timer import StageTimer
from vidfx.annotation.tasks import AnnotatePhotographs, Photographed
from vidfx.errors import CrashedError, NotMediaError, OutputError, OutputExistsError, VidfxError
from vidfx.jobs.events import Advanced, Done, Failed, Listener, Notice, Skipped, Started
from vidfx.jobs.leftovers import remove_parts_of_photographs
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.photograph_journal import PhotographJournal
from vidfx.jobs.photographs import Making, Photograph
from vidfx.jobs.plan import Job, Outputs, Plan
from vidfx.run.photographs_due import are_tables_complete, choose, fingerprint
from vidfx.workers.messages import Answer, Failure, from_plain

DONE = "done already, with the same photographs and settings"
GROUP = 16
"""Photographs that a worker process does before it answers."""


class PhotographRun:
    """What is left to do of the photographs of a plan, and what became of them."""

    def __init__(
        self,
        plan: Plan,
        report: Listener,
        outcomes: list[Outcome],
        *,
        overwrite: bool,
        video: bool = True,
        verify: bool = False,
        dry_run: bool = False,
        command: str | None = None,
    ) -> None:
        """Reports what becomes of them, and adds it to ``outcomes``.

        ``video``: annotated pictures are wanted; ``verify``: those with hidden faces are searched.
        Raises OutputError, and OutputExistsError where
        the tables are not those of earlier runs into this folder.
        """
        self._job = plan.jobs[-1]
        self._report, self._overwrite, self._dry_run = report, overwrite, dry_run
        self._outcomes, self._command = outcomes, command
        self._started = time.monotonic()
        self._journal = PhotographJournal(plan.folder)
        self._timer = StageTimer()
        self._warnings = set[str]()
        self._failed_groups: list[AnnotatePhotographs] = []
        self._fatal: VidfxError | None = None
        "what no photograph can be done for"
        self._changed = False
        self._handled = 0
        self._failed: dict[Path, Outcome] = {}
        "by photograph"
        choice = choose(plan, self._journal, overwrite=overwrite, video=video, verify=verify)
        self._all, self._todo = choice.photographs, choice.due
        for photograph, error in choice.refused:
            self._fail(photograph, error)
        if not dry_run:
            ours = [p for p in self._todo if video or not p.result.exists()]
            self._journal.claim({p.file: str(p.source.absolute()) for p in ours})
            remove_parts_of_photographs(self._todo)

    def groups(self) -> list[AnnotatePhotographs]:
        """The tasks: at least one, which compares the settings with those of the tables."""
        if self._dry_run:
            return [self._task([])]
        if self._todo:
            self._report(Started(self._job, 0, 0, "photographs", len(self._todo)))
        starts = range(0, max(len(self._todo), 1), GROUP)
        return [self._task(self._todo[start : start + GROUP]) for start in starts]

    def singles(self) -> list[AnnotatePhotographs]:
        """The photographs of the groups that failed."""
        return [self._task([p]) for task in self._failed_groups for p in task.pictures]

    def _task(self, photographs: Sequence[Photograph]) -> AnnotatePhotographs:
        job = self._job
        if photographs:
            job = Job(photographs[0].source, Outputs.of(photographs[0].result))
        known = None if self._overwrite else self._journal.making
        return AnnotatePhotographs(job, tuple(photographs), known)

    def add(self, task: AnnotatePhotographs, answer: Answer | Failure) -> None:
        """Record an answer."""
        if isinstance(answer, Failure):
            self._add_failure(task, answer.error)
            return
        if self._dry_run:
            return
        try:
            self._add_done(from_plain(answer.result, Photographed))
        except OutputError as error:
            self._fatal = error
        self._advance(len(task.pictures))

    def _add_done(self, done: Photographed) -> None:
        if dropped := self._journal.begin(done.making):
            self._report(Notice(f"{self._job.outputs.faces}: {dropped} photographs of other "
                                "settings are no longer in it"))  # fmt: skip
        self._journal.add(done.records)
        self._changed |= bool(done.records)
        self._warnings.update(done.warnings)
        self._timer.merge(done.seconds)
        for file, error in done.failures:
            self._fail(self._all[file], error)

    def _add_failure(self, task: AnnotatePhotographs, error: VidfxError) -> None:
        if isinstance(error, OutputExistsError) or not task.pictures:
            self._fatal = error
        elif len(task.pictures) > 1:
            self._failed_groups.append(task)
        elif task.pictures:
            if isinstance(error, CrashedError):
                error = CrashedError(str(error), hint="it may be damaged; save it again elsewhere")
            self._fail(task.pictures[0], error)
            self._advance(1)

    def _fail(self, photograph: Photograph, error: VidfxError) -> None:
        name = str(photograph.source)
        self._report(Failed(name, error))
        self._failed[photograph.source] = outcome = Outcome(name, "failed", error=error)
        self._outcomes.append(outcome)

    def _advance(self, photographs: int) -> None:
        self._handled += photographs
        if photographs:
            self._report(Advanced(self._job, self._handled))

    def complete(self) -> None:
        """Write the tables, and report what became of all."""
        name = self._job.name
        try:
            self._end(name)
        except VidfxError as error:
            if len(self._all) > 1 or not self._failed:
                self._report(Failed(name, error))
                self._outcomes.append(Outcome(name, "failed", error=error))

    def _end(self, name: str) -> None:
        """Raises OutputError, and what no photograph could be done for."""
        if self._fatal is not None:
            raise self._fatal
        making = self._journal.making
        if all(p.source in self._failed for p in self._all.values()):
            raise NotMediaError(
                f"{name}: none of the {len(self._all)} photographs could be annotated",
                hint="the lines above say why",
            )
        if self._dry_run:
            self._plan(name)
        elif making is not None:  # it is: a photograph was done, now or before
            self._outcomes.append(self._completed(name, making))

    def _plan(self, name: str) -> None:
        """What a dry run would do."""
        places = tables_of(self._job)
        if not self._todo and are_tables_complete(self._job, self._journal):
            self._report(Skipped(self._job, DONE))
            self._outcomes.append(Outcome(name, "skipped", places))
            return
        self._report(Notice(f"{name}: {len(self._todo)} of {len(self._all)} photographs to do"))
        pictures = {photograph.file: str(photograph.result) for photograph in self._todo}
        counts = {"photographs": len(self._all), "to_do": len(self._todo)}
        self._outcomes.append(Outcome(name, "planned", pictures | places, counts=counts))

    def _completed(self, name: str, making: Making) -> Outcome:
        """Raises OutputError."""
        places = tables_of(self._job)
        if not self._changed and are_tables_complete(self._job, self._journal):
            self._report(Skipped(self._job, DONE))
            return Outcome(name, "skipped", places)
        summary = self._write_tables(making)
        self._report(Done(self._job, summary))
        return Outcome(
            name,
            "done",
            places,
            counts=summary["counts"],
            seconds=summary["seconds"]["total"],
            warnings=tuple(summary["warnings"]),
        )

    def _write_tables(self, making: Making) -> dict[str, Any]:
        # brings NumPy and FFmpeg, which the process that assigns the work needs for nothing else
        from vidfx.annotation.photographs.tables import write_tables  # noqa: PLC0415

        content: dict[str, Any] = {
            "input": {"path": str(self._job.source)},
            "models": making.models,
            "columns": making.columns,
            "seconds": {
                "total": round(time.monotonic() - self._started, 3),
                "by_stage": self._timer.by_stage(),
            },
            "warnings": [*sorted(self._warnings), *self._job.left_out],
            "failed": [outcome.as_json() for outcome in self._failed.values()],
            "fingerprint": fingerprint(making),
        }
        records = self._journal.records.values()
        return write_tables(self._job.outputs, making.headers, records, content, self._command)


def tables_of(job: Job) -> dict[str, str]:
    """Paths of the tables and the summary."""
    return {
        "faces": str(job.outputs.faces),
        "frames": str(job.outputs.frames),
        "summary": str(job.outputs.summary),
    }


@contextmanager
def photographs_of(
    plan: Plan,
    report: Listener,
    outcomes: list[Outcome],
    *,
    overwrite: bool,
    command: str | None,
    video: bool = True,
    verify: bool = False,
    dry_run: bool = False,
) -> Generator[PhotographRun | None]:
    """The photographs of a plan, with their tables locked; None where there are none to do.

    A dry run locks nothing, and writes nothing.
    """
    if not plan.photographs:
        yield None
        return
    job = plan.jobs[-1]
    with ExitStack() as stack:
        photographs = None
        try:
            if not dry_run:
                locks = Locks(plan.folder)
                stack.callback(locks.close)
                stack.enter_context(locks.hold(job.outputs.summary.relative_to(plan.folder)))
            photographs = PhotographRun(
                plan,
                report,
                outcomes,
                overwrite=overwrite,
                video=video,
                verify=verify,
                dry_run=dry_run,
                command=command,
            )
        except (BusyError, VidfxError) as error:
            if isinstance(error, BusyError):
                error = OutputError(
                    f"{job.outputs.summary}: another vidfx annotates photographs there",
                    hint="run again when it has ended",
                )
            report(Failed(job.name, error))
            outcomes.append(Outcome(job.name, "failed", error=error))
        yield photographs
