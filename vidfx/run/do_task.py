"""Annotating in a worker process: one task at a time, with its results locked meanwhile.

Videos on storage are fetched before, and their results delivered after it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from vidfx.annotation.already_done import why_done
from vidfx.annotation.context import Context, load_context
from vidfx.annotation.segments.task import draw_segment, observe_segment
from vidfx.annotation.tasks import (
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
from vidfx.annotation.video import annotate_video, open_video
from vidfx.errors import VidfxError
from vidfx.jobs import storage
from vidfx.jobs.events import Heartbeat, Listener, Notice
from vidfx.jobs.ledger import writable
from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.plan import Job
from vidfx.jobs.result_names import REPORT, SUMMARY
from vidfx.run.task_doer import OutputFolder, Reply, TaskDoer, failure_of, remove, reply_of
from vidfx.workers.memory import give_memory_back
from vidfx.workers.messages import Setup
from vidfx_engines.device import CPU

KEPT = ("input", "counts", "overview", "seconds", "warnings", "outputs")
"""What a run needs of a summary."""


@contextmanager
def annotating(setup: Setup) -> Generator[TaskDoer]:
    """Load the engines; tasks can be done while the context lasts.

    Raises UsageError, UnavailableError and OutputError.
    """
    with load_context(setup.settings) as context:
        folder = OutputFolder(setup.out)

        def do(task: VideoTask, listener: Listener) -> Reply:
            def work() -> TaskResult:
                return _result(task, context, folder, listener)

            return reply_of(task.job, work, AlreadyDone, WouldBeDone)

        yield TaskDoer((*context.models.notices(), *folder.notices()), _device(context), do)


def _device(context: Context) -> str:
    """What the engines run on; one on a GPU decides."""
    devices = [selection.engine.device for selection in context.models.selections]
    return str(next((device for device in devices if device.kind == "cuda"), CPU))


def _result(
    task: VideoTask, context: Context, folder: OutputFolder, listener: Listener
) -> TaskResult:
    match task:
        case ObserveSegment():
            return observe_segment(task, context, listener)
        case DrawSegment():
            return draw_segment(task, context, listener)
        case AnnotatePhotographs():
            from vidfx.annotation.photographs.group import (  # noqa: PLC0415
                annotate_photographs,
            )

            return annotate_photographs(task, context, listener)
        case AnnotateVideo(job=job):
            with folder.hold(job):
                if folder.locks is not None:
                    remove(_leftovers(task))
                if why := why_done(job, context, overwrite=task.overwrite):
                    return AlreadyDone(why)
                if folder.locks is None:
                    return _preview(job, context)
                try:
                    done = _annotate(job, context, listener, task.command)
                    if context.settings.report and job.destination is None:
                        _add_to_report(job, folder, listener)
                    return done
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
            remove(job.outputs)
        try:
            summary = annotate_video(job, context, listener, command)
        except Exception as error:
            raise failure_of(job, error) from error
        if job.destination is not None:
            storage.deliver(tuple(job.outputs), job.destination, on_progress)
    return Annotated({name: summary[name] for name in KEPT})


def _add_to_report(job: Job, folder: OutputFolder, listener: Listener) -> None:
    """The data of a video for its page; not to have it ends no run."""
    from vidfx.report.video_file import write_video_data  # noqa: PLC0415

    summary = job.outputs.summary
    name = writable(summary.relative_to(folder.path).as_posix().removesuffix(SUMMARY))
    try:
        write_video_data(folder.path / REPORT, name, summary, faces=False)
    except VidfxError as error:
        listener(Notice(f"warning: not in the report: {error}"))


def _leftovers(task: AnnotateVideo) -> Iterable[Path]:
    if task.leftovers is not None:
        return task.leftovers
    return find_leftovers([task.job]).get(task.job.outputs.summary, ())
