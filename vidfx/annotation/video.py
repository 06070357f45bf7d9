"""ONE video: open -> pipeline -> annotated video and rows -> summary -> publish.

A video is annotated in one piece (whole.py), or a long one in segments side by side (segments.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidfx.annotation.already_done import work_fingerprint
from vidfx.annotation.context import Context
from vidfx.annotation.corrections import corrections_of
from vidfx.annotation.drawing.draw_last import draw_last
from vidfx.annotation.result_files import ResultFiles
from vidfx.annotation.same_input import check_unchanged, files_of
from vidfx.annotation.segments.plan import plan_segments
from vidfx.annotation.video_work import VideoWork
from vidfx.annotation.whole import annotate_whole
from vidfx.jobs.content import OF, content_hash
from vidfx.jobs.events import Heartbeat, Listener, Started
from vidfx.jobs.plan import Job
from vidfx.output.origin import describe_clock, describe_input, describe_making, versions
from vidfx.output.overview import overview
from vidfx.output.strict_json import map_texts
from vidfx.privacy.hiding import SOUND_KEPT
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source


def annotate_video(
    job: Job, context: Context, listener: Listener, command: str | None = None
) -> dict[str, Any]:
    """Make all results of one video; returns its summary.

    ``command`` is the line that was typed. Whatever ends it, Ctrl-C included, no unfinished file
    has a final name, and earlier results stay until all new ones are complete. Raises InputError,
    EngineFailedError and OutputError.
    """
    started = time.perf_counter()
    before = work_fingerprint(job, context)
    settings, corrections = context.settings, corrections_of(job, context)
    observing, names = context, context.models.people is not None
    draws_last = settings.video and (bool(settings.hide) or corrections.hide or names)
    if draws_last:  # once all rows are known
        observing = replace(context, settings=replace(settings, video=False))
    source, why = open_video(job.source, observing)
    with source:
        info = source.info
        work = VideoWork(job, info, context, listener, corrections=corrections)
        work.detail(why)
        expected = info.frames_between(settings.start, settings.end)
        listener(Started(job, info.width, info.height, info.codec, expected))
        with ResultFiles(work) as files:
            segments = plan_segments(work)
            if segments:
                from vidfx.annotation.segments.annotate import (  # noqa: PLC0415 - starts workers
                    annotate_segments,
                )

                written = annotate_segments(segments, work, files)
            else:
                written = annotate_whole(source, replace(work, context=observing), files)
                if draws_last:
                    written = draw_last(work, files, written)
            if files.hiding and info.has_audio and settings.sound == "keep":
                written.warnings.append(SOUND_KEPT)
            if files.hiding and settings.verify:
                with work.timer("verify"):
                    files.verify(settings, lambda: work.advanced(files.tally.frames))
            completed = files.complete(written.video)
            check_unchanged(job, before)
            counts, tracks = files.tally.counts(), files.tally.tracks()
            content = {
                "made": describe_making(command),
                "input": {
                    **describe_input(info, source.name, why),
                    "content_hash": {"of": OF, "hex": content_hash(_alive(job, listener))},
                },
                "clock": describe_clock(settings.start, counts["first_frame_s"]),
                "models": context.models.describe(),
                **context.models.describe_people(),
                "counts": counts,
                **completed,
                **corrections.describe(),
                "seconds": {
                    "total": round(time.perf_counter() - started, 3),
                    "by_stage": work.timer.by_stage(),
                },
                "overview": overview(tracks),
                "tracks": tracks,
                "warnings": [*written.warnings, *corrections.warnings(), *job.left_out],
                "versions": versions(),
            }
            summary = map_texts(content, job.in_user_terms) | {"fingerprint": before}
            files.publish(summary)
    return summary


def _alive(job: Job, listener: Listener) -> Iterator[Path]:
    """The files of the input, of which a sequence can have many: each is a sign of life."""
    for file in files_of(job.source):
        listener(Heartbeat())
        yield file


def open_video(path: Path, context: Context) -> tuple[FrameSource, str]:
    """The reader of a run's frames, and why it was chosen. Raises as ``open_source``."""
    settings, device = context.settings, context.models.tensors_on
    gpu = device.gpu_index if device and device.kind == "cuda" else None
    return open_source(
        path,
        settings.reader,
        planes=settings.video,
        start_s=settings.start,
        end_s=settings.end,
        gpu=gpu,
        surfaces=gpu is not None and settings.video and context.encoder.surfaces is not None,
    )
