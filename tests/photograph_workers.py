"""Stand-ins for the worker processes of a run of photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidfx.annotation.tasks import AnnotatePhotographs, Photographed
from vidfx.errors import CrashedError, OtherSettingsError, VidfxError
from vidfx.jobs.events import Event
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.photographs import Making, PhotographRecord
from vidfx.jobs.plan import plan_jobs
from vidfx.output.rows import Rows
from vidfx.run.photographs import PhotographRun, photographs_of
from vidfx.workers.messages import Answer, Failure, from_text, to_text

ROWS = Rows(("happy",), recognises=False, named=True)
WORK: dict[str, Any] = {"settings": {"every": 0}, "messages": None, "models": []}


class FakeWorkers:
    """Answers the tasks of a PhotographRun; ``faults`` are by the name of a picture."""

    def __init__(self, root: Path, **faults: VidfxError) -> None:
        self.inputs, self.out = [str(root / "in")], root / "out"
        self.faults = faults
        self.draws = True
        self.work: dict[str, Any] = WORK
        self.done: list[list[str]] = []
        "the pictures of each task"
        self.events: list[Event] = []
        self.outcomes: list[Outcome] = []

    def run(
        self, *, overwrite: bool = False, video: bool = True, dry_run: bool = False
    ) -> list[str]:
        """The status of each outcome."""
        self.events, self.outcomes, self.done, self.draws = [], [], [], video
        plan = plan_jobs(self.inputs, self.out, sequence=False)
        with photographs_of(
            plan,
            self.events.append,
            self.outcomes,
            overwrite=overwrite,
            command=None,
            video=video,
            dry_run=dry_run,
        ) as run:
            if run is None:
                return [outcome.status for outcome in self.outcomes]
            self._answer(run, run.groups())
            self._answer(run, run.singles())
            run.complete()
        return [outcome.status for outcome in self.outcomes]

    def _answer(self, run: PhotographRun, tasks: list[AnnotatePhotographs]) -> None:
        for task in tasks:
            self.done.append([picture.source.stem for picture in task.pictures])
            run.add(task, self._answer_to(task))

    def _answer_to(self, task: AnnotatePhotographs) -> Answer | Failure:
        if task.known and task.known.work != self.work:
            return Failure(OtherSettingsError("other settings", hint=""))
        faults = [self.faults.get(picture.source.stem) for picture in task.pictures]
        if fatal := next((f for f in faults if isinstance(f, CrashedError)), None):
            return Failure(fatal)
        records: list[PhotographRecord] = []
        failures: list[tuple[str, VidfxError]] = []
        for picture, fault in zip(task.pictures, faults, strict=True):
            if fault:
                failures.append((picture.file, fault))
                continue
            if self.draws:
                picture.result.parent.mkdir(parents=True, exist_ok=True)
                picture.result.write_bytes(b"drawn")
            size = 5 if self.draws else None
            source = str(picture.source)
            record = PhotographRecord(
                picture.file, source, picture.state(), 8, 6, size, 1, f"{picture.file}\n", "\n"
            )
            records.append(record)
        made = Photographed(self.making, records, failures, {}, [])
        return from_text(to_text(Answer(made)), Answer)

    @property
    def making(self) -> Making:
        return Making(self.work, [], ROWS.headers, ROWS.types)

    def rows(self) -> list[str]:
        return (self.out / "photos.faces.csv").read_text().splitlines()[1:]


def pictures(root: Path, *names: str) -> None:
    (root / "in").mkdir(exist_ok=True)
    for name in names:
        (root / "in" / name).write_bytes(name.encode())
