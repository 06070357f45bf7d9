"""The photographs of a run: in groups to the worker processes, then together into the tables.

A group whose worker fails is given again picture by picture, so that a hostile picture costs no
other one.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from vidfx.annotate.stage_timer import StageTimer
from vidfx.annotate.tasks import AnnotatePhotographs, Photographed
from vidfx.errors import CrashedError, NotMediaError, OutputError, OutputExistsError, VidfxError
from vidfx.jobs.events import Advanced, Done, Failed, Listener, Notice, Skipped, Started
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.photograph_journal import PhotographJournal
from vidfx.jobs.photographs import Photograph, remove_leftovers
from vidfx.jobs.plan import Job, Outputs, Plan
from vidfx.output.summary import read_summary
from vidfx.workers.messages import Answer, Failure, from_plain

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
        command: str | None = None,
    ) -> None:
        """Reports what becomes of them, and adds it to ``outcomes``. Raises OutputError."""
        self._job = plan.jobs[-1]
        self._report, self._overwrite = report, overwrite
        self._outcomes, self._command = outcomes, command
        self._started = time.monotonic()
        self._journal = PhotographJournal(plan.folder)
        self._timer = StageTimer()
        self._warnings = set[str]()
        self._latest: Photographed | None = None
        self._failed_groups: list[AnnotatePhotographs] = []
        self._fatal: VidfxError | None = None
        "what no photograph can be done for"
        self._changed = False
        self._handled = 0
        self._failed: dict[str, Outcome] = {}
        "by file"
        self._all = {photograph.file: photograph for photograph in plan.photographs}
        self._todo = [p for p in plan.photographs if self._is_due(p)]
        self._journal.claim([photograph.file for photograph in self._todo])
        remove_leftovers(self._todo)

    def _is_due(self, photograph: Photograph) -> bool:
        """Whether it is to be done; what must not be is reported."""
        file, source = photograph.file, str(photograph.source.absolute())
        record = self._journal.records.get(file)
        if record and record.is_of(photograph) and not self._overwrite:
            return False
        if record and record.source != source and not record.is_of(photograph):
            why = f"is of {record.source}"
        elif file in self._journal.claimed or self._overwrite or not photograph.result.exists():
            return True
        else:
            why = "exists already, and is no result of a run that this folder knows"
        self._fail(
            photograph,
            OutputExistsError(
                f"{photograph.source}: {photograph.result} {why}", hint="use another output folder"
            ),
        )
        return False

    def groups(self) -> list[AnnotatePhotographs]:
        """The tasks: at least one, which compares the settings with those of the tables."""
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
        known = None if self._overwrite else self._journal.work
        return AnnotatePhotographs(job, tuple(photographs), known)

    def add(self, task: AnnotatePhotographs, answer: Answer | Failure) -> None:
        """Record an answer."""
        if isinstance(answer, Failure):
            self._add_failure(task, answer.error)
            return
        try:
            self._add_done(from_plain(answer.result, Photographed))
        except OutputError as error:
            self._fatal = error
        self._advance(len(task.pictures))

    def _add_done(self, done: Photographed) -> None:
        if dropped := self._journal.begin(done.work):
            self._report(Notice(f"{self._job.outputs.faces}: {dropped} photographs of other "
                                "settings are no longer in it"))  # fmt: skip
        self._journal.add(done.records)
        self._latest = done
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
        self._failed[photograph.file] = outcome = Outcome(name, "failed", error=error)
        self._outcomes.append(outcome)

    def _advance(self, photographs: int) -> None:
        self._handled += photographs
        if photographs:
            self._report(Advanced(self._job, self._handled))

    def complete(self) -> None:
        """Write the tables, and report what became of all."""
        name = self._job.name
        if self._fatal is None and self._all.keys() <= self._failed.keys():
            self._fatal = NotMediaError(
                f"{name}: none of the {len(self._all)} photographs could be annotated",
                hint="the lines above say why",
            )
        try:
            if self._fatal is not None:
                raise self._fatal
            self._outcomes.append(self._completed(name))
        except VidfxError as error:
            if len(self._all) > 1 or not self._failed:
                self._report(Failed(name, error))
                self._outcomes.append(Outcome(name, "failed", error=error))

    def _completed(self, name: str) -> Outcome:
        """Raises OutputError."""
        places = tables_of(self._job)
        if not self._changed and self._are_tables_complete():
            self._report(Skipped(self._job, "done already, with the same photographs and settings"))
            return Outcome(name, "skipped", places)
        summary = self._write_tables()
        self._report(Done(self._job, summary))
        return Outcome(
            name,
            "done",
            places,
            counts=summary["counts"],
            seconds=summary["seconds"]["total"],
            warnings=tuple(summary["warnings"]),
        )

    def _are_tables_complete(self) -> bool:
        outputs = self._job.outputs
        sizes = (read_summary(outputs.summary) or {}).get("bytes", {})
        with suppress(OSError):
            return all(
                p.stat().st_size == sizes.get(p.name) for p in (outputs.faces, outputs.frames)
            )
        return False

    def _write_tables(self) -> dict[str, Any]:
        # brings NumPy and FFmpeg, which the process that assigns the work needs for nothing else
        from vidfx.annotate.photographs.tables import write_tables  # noqa: PLC0415

        latest = self._latest
        assert latest is not None
        content: dict[str, Any] = {
            "input": {"path": self._job.name},
            "models": latest.models,
            "columns": latest.columns,
            "seconds": {
                "total": round(time.monotonic() - self._started, 3),
                "by_stage": self._timer.by_stage(),
            },
            "warnings": [*sorted(self._warnings), *self._job.left_out],
            "failed": [outcome.as_json() for outcome in self._failed.values()],
            "fingerprint": {"input": [], **latest.work},
        }
        records = self._journal.records.values()
        return write_tables(self._job.outputs, latest.headers, records, content, self._command)


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
) -> Generator[PhotographRun | None]:
    """The photographs of a plan, with their tables locked; None where there are none to do."""
    if not plan.photographs:
        yield None
        return
    job, locks = plan.jobs[-1], None
    with ExitStack() as stack:
        photographs = None
        try:
            locks = Locks(plan.folder)
            stack.callback(locks.close)
            stack.enter_context(locks.hold(job.outputs.summary.relative_to(plan.folder)))
            photographs = PhotographRun(
                plan, report, outcomes, overwrite=overwrite, command=command
            )
        except (BusyError, OutputError) as error:
            if isinstance(error, BusyError):
                error = OutputError(
                    f"{job.outputs.summary}: another vidfx annotates photographs there",
                    hint="run again when it has ended",
                )
            report(Failed(job.name, error))
            outcomes.append(Outcome(job.name, "failed", error=error))
        yield photographs
