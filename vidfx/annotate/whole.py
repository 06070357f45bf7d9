"""A video annotated in one piece, by four threads with bounded queues between them.

decode -> detect, track, align, classify, smooth -> draw, rows -> encode
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext

from vidfx.annotate.annotated_video import AnnotatedVideo, label_of
from vidfx.annotate.observer import queue_length
from vidfx.annotate.pipeline import Pipeline
from vidfx.annotate.result_files import ResultFiles, Written
from vidfx.annotate.threads import consumer, prefetch
from vidfx.annotate.video_work import VideoWork
from vidfx.errors import no_frame_error
from vidfx.types import FrameResult
from vidfx.video.read.frame_source import FrameSource


def annotate_whole(source: FrameSource, work: VideoWork, files: ResultFiles) -> Written:
    """Write the results of all frames of ``source`` into ``files``.

    Raises InputError, EngineFailedError and OutputError.
    """
    info, context, length = work.info, work.context, queue_length(work.info)
    pipeline = Pipeline(info, context.settings, context.models, work.timer)
    video = AnnotatedVideo(files.mp4, work) if files.mp4 else None

    def write(results: Iterable[FrameResult]) -> None:
        for result in results:
            if video:
                video.write(result.frame, [label_of(face) for face in result.faces])
            files.add(result)
            work.advanced(files.tally.frames)

    behind = max(2, length // 2) if video else length
    decoded = pipeline.observe.analyzer.retain(work.timer.each("decode", source))
    with work.engine_errors():
        with (
            prefetch("decode", decoded, length) as frames,
            video.encoding(behind) if video else nullcontext(),
            consumer("write", write, behind) as results,
        ):
            for result in pipeline(frames):
                results.put(result)
        warnings = [*source.warnings, *pipeline.observe.faults.warnings(context.models.specs())]
    if not files.tally.frames:
        part = "" if info.duration_s is None else f" in its {info.duration_s:.1f} s"
        raise no_frame_error(work.job.source, part)
    report = video.complete() if video else None
    return Written(report, [*warnings, *(report.warnings if report else ())])
