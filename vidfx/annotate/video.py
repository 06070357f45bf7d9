"""ONE video: decode | detect, track, align, classify, smooth | draw, encode, write rows.

Three threads with bounded queues between them. ResultFiles get their names only when all are whole,
the summary last. A long video may be cut instead: vidfx.annotate.segments.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from vidfx.annotate.annotated_video import AnnotatedVideo, label_of
from vidfx.annotate.context import Context
from vidfx.annotate.pipeline import Pipeline, queue_length
from vidfx.annotate.result_files import Made, ResultFiles
from vidfx.annotate.resume import check_unchanged
from vidfx.annotate.segments import annotate_segments, cut_up
from vidfx.annotate.stage_timer import StageTimer
from vidfx.annotate.threads import consumer, prefetch
from vidfx.errors import EngineFailedError, NotMediaError, output_errors
from vidfx.jobs.events import Advanced, Listener, Notice, Started
from vidfx.jobs.plan import Job
from vidfx.output.strict_json import with_texts
from vidfx.output.summary import describe_input, versions
from vidfx.types import FrameResult, VideoInfo
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx_engines.errors import EngineError


def annotate_video(job: Job, context: Context, listener: Listener) -> dict[str, Any]:
    """Make all results of one video; returns its summary.

    Whatever ends it, Ctrl-C included, no unfinished file has a final name, and results that were
    there before stay until all new ones are whole. Raises InputError, EngineFailedError and
    OutputError.
    """
    started = time.perf_counter()
    timer = StageTimer()
    fingerprint = context.fingerprint(job)
    settings, device = context.settings, context.models.tensors_on
    source, why = open_source(
        job.source,
        settings.reader,
        planes=settings.video,
        start_s=settings.start,
        end_s=settings.end,
        gpu=device.gpu_index if device and device.kind == "cuda" else None,
    )
    with source, ExitStack() as stack:
        info = source.info
        listener(Notice(f"{job.source.name}: {why}"))
        listener(Started(job, info.width, info.height, info.codec, _expected(info, context)))
        with output_errors(job.outputs.summary.parent):
            job.outputs.summary.parent.mkdir(parents=True, exist_ok=True)
        segments = cut_up(info, context, listener)
        results = stack.enter_context(ResultFiles(job, info, context, timer))
        if segments:
            made = annotate_segments(segments, info, context, results, listener, timer, stack)
        else:
            made = _annotate(source, context, results, listener, timer)
        outputs = results.complete(made)
        check_unchanged(job, context, fingerprint)
        summary = {
            "input": describe_input(info, source.name, why),
            "models": context.models.describe(),
            "counts": results.tally.counts(),
            "outputs": outputs,
            "bytes": results.sizes(),
            "seconds": {
                "total": round(time.perf_counter() - started, 3),
                "by_stage": timer.by_stage(),
            },
            "tracks": results.tally.tracks(),
            "warnings": [
                *made.warnings,
                *(made.report.warnings if made.report else ()),
                *job.left_out,
            ],
            "versions": versions(),
        }
        summary = with_texts(summary, job.in_user_terms) | {"fingerprint": fingerprint}
        results.publish(summary)
    return summary


def _annotate(
    source: FrameSource,
    context: Context,
    results: ResultFiles,
    listener: Listener,
    timer: StageTimer,
) -> Made:
    """Run the three threads to the end."""
    info, settings, job = source.info, context.settings, results.job
    video = AnnotatedVideo(results.mp4, context, timer) if results.mp4 else None
    if video and video.notice:
        listener(Notice(f"{job.source.name}: {video.notice}"))

    def write(settled: Iterable[FrameResult]) -> None:
        for result in settled:
            if video:
                time_s = info.seconds(result.frame.pts)
                video.write(result.frame, [label_of(face) for face in result.faces], time_s)
            results.add(result)
            listener(Advanced(job, results.tally.frames))

    pipeline, length = Pipeline(info, settings, context.models, timer), queue_length(info)
    decoded = pipeline.analyzer.retain(timer.each("decode", source))
    try:
        with (
            prefetch("decode", decoded, length) as frames,
            consumer("write", write, length) as settled,
        ):
            for result in pipeline(frames):
                settled.put(result)
        faults = pipeline.faults.warnings(context.models.specs())
    except EngineError as error:
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    if not results.tally.frames:
        raise NotMediaError(
            f"{job.source}: there is not one frame to read"
            + ("" if info.duration_s is None else f" in its {info.duration_s:.1f} s"),
            hint="check the input, and --start and --end",
        )
    return Made(video.complete() if video else None, [*source.warnings, *faults])


def _expected(info: VideoInfo, context: Context) -> int | None:
    rate, start, end = float(info.frame_rate), context.settings.start, context.settings.end
    if start is None and end is None and info.n_frames is not None:
        return info.n_frames
    if info.duration_s is None or not rate:
        return None
    until = min(info.duration_s, end or info.duration_s)
    return max(0, round((until - (start or 0.0)) * rate))
