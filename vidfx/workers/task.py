"""A task, as far as the pool knows it, and how it fared so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from vidfx.errors import CrashedError
from vidfx.jobs.plan import Job

ATTEMPTS = 2
"""Workers that may die over one task before it fails."""


class Task(Protocol):
    """What a worker process is given. It is sent as JSON: see ``messages.to_text``."""

    @property
    def job(self) -> Job:
        """The input that it is about."""
        ...

    def remove_parts(self, pid: int) -> None:
        """Remove the temporary files that worker process ``pid`` left of it."""
        ...

    def again(self) -> Self:
        """The task for another attempt, after a worker died over it."""
        ...


@dataclass(eq=False)
class QueuedTask:
    """A task of a pool that has no result yet."""

    task: Task
    deaths: int = 0
    "workers that died over it"
    not_before: float = 0.0
    "monotonic time"

    @property
    def name(self) -> str:
        """The input, as the user knows it."""
        return self.task.job.name

    def count_death(self, why: str, *, hint: str) -> CrashedError | None:
        """Returns the error of the task where this death was its last attempt."""
        self.deaths += 1
        if self.deaths < ATTEMPTS:
            return None
        return CrashedError(f"{self.name}: {why}, {self.deaths} times", hint=hint)
