"""Drawing finished results again in a worker process: one task at a time, with it locked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vidfx.annotation.tasks import AlreadyDone, WouldBeDone
from vidfx.jobs.events import Listener, Notice
from vidfx.jobs.leftovers import find_leftovers
from vidfx.render.fingerprint import read_record, render_fingerprint, why_rendered
from vidfx.render.source import find_source
from vidfx.render.task import Rendered, RenderVideo
from vidfx.render.video import render_video
from vidfx.render.work import load_work
from vidfx.run.task_doer import OutputFolder, Reply, TaskDoer, remove, reply_of
from vidfx.workers.memory import give_memory_back
from vidfx.workers.messages import Setup
from vidfx_engines.device import CPU

Result = Rendered | AlreadyDone | WouldBeDone


@contextmanager
def rendering(setup: Setup) -> Generator[TaskDoer]:
    """Tasks can be done while the context lasts."""
    folders: dict[Path | None, OutputFolder] = {}

    def do(task: RenderVideo, listener: Listener) -> Reply:
        def work() -> Result:
            if task.locked_in not in folders:
                folder = folders[task.locked_in] = OutputFolder(task.locked_in)
                for notice in folder.notices():
                    listener(notice)
            with folders[task.locked_in].hold(task.job):
                return _result(task, setup, listener)

        return reply_of(task.job, work, AlreadyDone, WouldBeDone)

    yield TaskDoer((), str(CPU), do)


def _result(task: RenderVideo, setup: Setup, listener: Listener) -> Result:
    job, options, dry_run = task.job, task.options, task.locked_in is None
    if not dry_run:
        found = task.leftovers
        remove(find_leftovers([job]).get(job.outputs.summary, ()) if found is None else found)
    work = load_work(job, options, setup.settings)
    now = render_fingerprint(work)
    if why := why_rendered(job, now, overwrite=task.overwrite):
        return AlreadyDone(why)
    if dry_run:
        video = work.video
        find_source(video, options.sources)
        frames = video.summary.get("counts", {}).get("frames")
        return WouldBeDone(*video.size, frames, frames and frames / video.frame_rate)
    if job.outputs.video.exists() and read_record(job):
        listener(Notice(f"{job.outputs.video}: it was made of other rows or settings; drawn anew"))
    try:
        return Rendered(render_video(work, listener))
    finally:
        give_memory_back()
