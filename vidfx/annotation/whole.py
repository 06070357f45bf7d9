"""A video annotated in one piece, by four threads with bounded queues between them.

decode -> detect, track, align, classify, smooth -> draw, rows -> encode
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext

from vidfx.annotation.drawing.annotated_video import AnnotatedVideo
from vidfx.annotation.drawing.frame_labels import labels_of
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.result_files import ResultFiles, Written
from vidfx.annotation.threads import consumer, prefetch, queue_length
from vidfx.annotation.video_work import VideoWork
from vidfx.errors import no_frame_error
from vidfx.stages.settled import Settled
from vidfx.video.read.frame_source import FrameSource


def annotate_whole(source: FrameSource, work: VideoWork, files: ResultFiles) -> Written:
    """Write the results of all frames of ``source`` into ``files``.

    Raises InputError, EngineFailedError and OutputError.
    """
    info, context = work.info, work.context
    context.models.prepare(info.width, info.height, info.stretch)
    pipeline = Pipeline(info, context.settings, context.models, work.timer)
    length = queue_length(info, pipeline.observe.chunk)
    video = AnnotatedVideo(files.mp4, work) if files.mp4 and context.settings.video else None

    def write(results: Iterable[Settled]) -> None:
        for settled in results:
            corrected = work.corrections.add(settled)
            if video:
                for one, faces in corrected.each():
                    video.write(one.frame, labels_of(faces, context.looks))
            files.add(settled)
            work.advanced(files.tally.frames)

    behind = max(2, length // 2) if video else length
    chunks = max(1, behind // pipeline.observe.chunk)
    decoded = pipeline.observe.analyzer.retain(work.timer.each("decode", source))
    with work.engine_errors():
        with (
            prefetch("decode", decoded, length) as frames,
            video.encoding(behind) if video else nullcontext(),
            consumer("write", write, chunks) as results,
        ):
            for settled in pipeline(frames):
                results.put(settled)
        if pipeline.best_crops:
            files.add_people(pipeline.best_crops.kept())
        warnings = [*source.warnings, *pipeline.observe.faults.warnings(context.models.names())]
    if not files.tally.frames:
        part = "" if info.duration_s is None else f" in its {info.duration_s:.1f} s"
        raise no_frame_error(work.job.source, part)
    report = video.complete() if video else None
    return Written(report, [*warnings, *(report.warnings if report else ())])
