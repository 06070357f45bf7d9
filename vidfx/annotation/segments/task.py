"""One segment of a video, in a worker process: observed, or drawn and encoded."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from vidfx.annotation.context import Context
from vidfx.annotation.drawing.annotated_video import AnnotatedVideo
from vidfx.annotation.drawing.frame_labels import LabelMatcher
from vidfx.annotation.observations import save, within
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.segments.label_file import read_labels
from vidfx.annotation.tasks import Drawn, DrawSegment, Observed, ObserveSegment
from vidfx.annotation.threads import prefetch, queue_length
from vidfx.annotation.video_work import VideoWork
from vidfx.errors import output_errors
from vidfx.jobs.events import Listener
from vidfx.stages.observed import Observations
from vidfx.video.container.segment import KeyFrame
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.files import AtomicFile


def observe_segment(task: ObserveSegment, context: Context, listener: Listener) -> Observed:
    """Detect, track and classify the faces of a segment, into a file.

    Raises InputError, EngineFailedError and OutputError.
    """
    segment = task.segment
    part = segment.warmup_s, segment.lookahead_s, segment.warmup_key_frame
    with _opened(task, part, context, listener, planes=task.planes) as (source, work, file):
        info = source.info
        context.models.prepare(info.width, info.height, info.stretch)
        pipeline = Pipeline(info, context.settings, context.models, work.timer)

        def of_segment(observations: Iterable[Observations]) -> Iterator[Observations]:
            count = 0
            for some in observations:
                own = within(some, segment.holds)
                if own.frames:
                    count += len(own.frames)
                    work.advanced(count)
                    yield own

        decoded = pipeline.observe.analyzer.retain(work.timer.each("decode", source))
        length = queue_length(info, pipeline.observe.chunk)
        with (
            work.engine_errors(),
            prefetch("decode", decoded, length) as frames,
            output_errors(file.path),
        ):
            count = save(file.writable, of_segment(pipeline.observe(frames)))
        file.close()
    return Observed(
        segment.number,
        file=file.part,
        frames=count,
        seconds=work.timer.by_stage(),
        warnings=source.warnings,
        faults=pipeline.observe.faults.counts,
    )


def draw_segment(task: DrawSegment, context: Context, listener: Listener) -> Drawn:
    """Draw ``task.labels`` on the frames of a segment, and encode them into a file.

    Raises InputError and OutputError.
    """
    segment = task.segment
    part = segment.first_s, segment.end_s, segment.key_frame
    with (
        _opened(task, part, context, listener, planes=True) as (source, work, file),
        Mp4Muxer(file, source.info, audio_from=None, end_s=segment.end_s) as mp4,
    ):
        video, labels = (
            AnnotatedVideo(mp4, work),
            LabelMatcher(read_labels(task.labels), hides=task.hides),
        )
        decoded = work.timer.each("decode", source)
        length = queue_length(source.info)
        with prefetch("decode", decoded, length) as frames, video.encoding(length):
            count = video.write_all(frames, labels, work.advanced)
        video.complete()
    return Drawn(
        segment.number,
        file=file.part,
        frames=count,
        seconds=work.timer.by_stage(),
        warnings=source.warnings,
    )


@contextmanager
def _opened(
    task: ObserveSegment | DrawSegment,
    part: tuple[float, float | None, KeyFrame],
    context: Context,
    listener: Listener,
    *,
    planes: bool,
) -> Generator[tuple[FrameSource, VideoWork, AtomicFile]]:
    """A part of the video, from and to (s) and its first key frame, and the file to write.

    The file keeps its temporary name; an error in the context removes it.
    """
    start_s, end_s, key_frame = part
    source, _ = open_source(
        task.job.source,
        planes=planes,
        start_s=start_s,
        end_s=end_s,
        key_frame=key_frame,
    )
    with source, ExitStack() as undo:
        work = VideoWork(task.job, source.info, context, listener, segment=task.segment.number)
        with output_errors(task.path):
            file = AtomicFile(task.path)
        undo.callback(file.discard)
        yield source, work, file
        undo.pop_all()
