"""What a worker process does its tasks with, whatever kind they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidfx.jobs.events import Listener, Notice
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import as_failure
from vidfx.jobs.plan import Job
from vidfx.workers.exhaustion import resources_exhausted, suggests_exhaustion
from vidfx.workers.messages import Answer, Busy, Exhausted, Failure
from vidfx_engines.errors import VidfxError

Reply = Answer | Failure | Busy | Exhausted


@dataclass(frozen=True)
class TaskDoer:
    """Does one task at a time; an error becomes the reply."""

    notices: tuple[Notice, ...]
    "for the user, about what it will work with"
    device: str
    'that its engines run on, "cpu" or "cuda:n"'
    do: Callable[[Any, Listener], Reply]


class OutputFolder:
    """Where results are made, with its locks; None where no results are made."""

    def __init__(self, path: Path | None) -> None:
        """Raises OutputError where the folder or its locks cannot be made."""
        self.path = path or Path()
        self.locks = None if path is None else Locks(path)

    def hold(self, job: Job) -> AbstractContextManager[None]:
        """Raises BusyError where another process holds the job."""
        if self.locks is None:
            return nullcontext()
        return self.locks.hold(job.outputs.summary.relative_to(self.path))

    def notices(self) -> list[Notice]:
        if self.locks is None or self.locks.fault is None:
            return []
        return [
            Notice(
                f"{self.path}: this file system has no locks ({self.locks.fault}); "
                "let no second vidfx write to this folder"
            )
        ]


def reply_of(job: Job, work: Callable[[], Any], *idle: type) -> Reply:
    """What became of ``work``, whose result is sent; one of the types ``idle`` means no work."""
    try:
        result = work()
        return Answer(result, did_work=not isinstance(result, idle))
    except BusyError:
        return Busy()
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure, sure = failure_of(job, error), resources_exhausted()
        return Exhausted(failure, sure) if sure or suggests_exhaustion(error) else Failure(failure)


def failure_of(job: Job, error: Exception) -> VidfxError:
    """``error``, with the names that the user knows instead of those of the spool."""
    failure = as_failure(job.name, error)
    failure.args = (job.in_user_terms(str(failure)),)
    return failure


def remove(files: Iterable[Path]) -> None:
    """Those that can be removed."""
    for file in files:
        with suppress(OSError):
            file.unlink()
