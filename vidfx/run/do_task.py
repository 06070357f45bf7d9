"""One task in a worker process: the work on a video, with its results locked meanwhile.

Videos on storage are fetched before, and their results delivered after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from vidfx.annotate.already_done import why_done
from vidfx.annotate.context import Context
from vidfx.annotate.photographs.group import annotate_photographs
from vidfx.annotate.segments.task import draw_segment, observe_segment
from vidfx.annotate.tasks import (
    AlreadyDone,
    Annotated,
    AnnotatePhotographs,
    AnnotateVideo,
    DrawSegment,
    ObserveSegment,
    TaskResult,
    VideoTask,
    WouldBeDone,
)
from vidfx.annotate.video import annotate_video, open_video
from vidfx.errors import VidfxError
from vidfx.jobs import storage
from vidfx.jobs.events import Heartbeat, Listener, Notice
from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.locks import BusyError, Locks
from vidfx.jobs.outcomes import as_failure
from vidfx.jobs.plan import Job
from vidfx.workers.exhaustion import resources_exhausted, suggests_exhaustion
from vidfx.workers.memory import give_memory_back
from vidfx.workers.messages import Answer, Busy, Exhausted, Failure

KEPT = ("input", "counts", "overview", "seconds", "warnings", "outputs")
"""What a run needs of a summary."""


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


def do_task(
    task: VideoTask, context: Context, folder: OutputFolder, listener: Listener
) -> Answer | Failure | Busy | Exhausted:
    """Do a task; an error becomes the answer, and does not end the worker."""
    try:
        result = _result(task, context, folder, listener)
        return Answer(result, did_work=not isinstance(result, AlreadyDone | WouldBeDone))
    except BusyError:
        return Busy()
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure, sure = _failure(task.job, error), resources_exhausted()
        return Exhausted(failure, sure) if sure or suggests_exhaustion(error) else Failure(failure)


def _result(
    task: VideoTask, context: Context, folder: OutputFolder, listener: Listener
) -> TaskResult:
    match task:
        case ObserveSegment():
            return observe_segment(task, context, listener)
        case DrawSegment():
            return draw_segment(task, context, listener)
        case AnnotatePhotographs():
            return annotate_photographs(task, context, listener)
        case AnnotateVideo(job=job):
            with folder.hold(job):
                if folder.locks is not None:
                    _remove(_leftovers(task))
                if why := why_done(job, context, overwrite=task.overwrite):
                    return AlreadyDone(why)
                if folder.locks is None:
                    return _preview(job, context)
                try:
                    return _annotate(job, context, listener, task.command)
                finally:
                    give_memory_back()


def _preview(job: Job, context: Context) -> WouldBeDone:
    """What a video would give. Raises InputError where it cannot be opened."""
    if job.origin:
        return WouldBeDone()
    settings = context.settings
    source, _ = open_video(job.source, context)
    with source:
        info = source.info
        frames = info.frames_between(settings.start, settings.end)
    duration = None if frames is None else frames / float(info.frame_rate)
    return WouldBeDone(info.width, info.height, frames, duration)


def _annotate(job: Job, context: Context, listener: Listener, command: str | None) -> Annotated:
    """Make the results; fetch the video and deliver the results where they are on storage."""

    def on_progress() -> None:
        listener(Heartbeat())

    with ExitStack() as stack:
        if job.origin:
            fetched = storage.fetched(job.origin, job.source.name, on_progress)
            job = replace(job, source=stack.enter_context(fetched))
        if job.destination is not None:
            _remove(job.outputs)
        try:
            summary = annotate_video(job, context, listener, command)
        except Exception as error:
            raise _failure(job, error) from error
        if job.destination is not None:
            storage.deliver(tuple(job.outputs), job.destination, on_progress)
    return Annotated({name: summary[name] for name in KEPT})


def _failure(job: Job, error: Exception) -> VidfxError:
    """``error``, with the names that the user knows instead of those of the spool."""
    failure = as_failure(job.name, error)
    failure.args = (job.in_user_terms(str(failure)),)
    return failure


def _leftovers(task: AnnotateVideo) -> Iterable[Path]:
    if task.leftovers is not None:
        return task.leftovers
    return find_leftovers([task.job]).get(task.job.outputs.summary, ())


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
