"""One segment of a video, in a worker process: observed, or drawn and encoded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from vidfx.annotate.annotated_video import AnnotatedVideo
from vidfx.annotate.context import Context
from vidfx.annotate.observations import FrameObservations, save
from vidfx.annotate.pipeline import Pipeline, queue_length
from vidfx.annotate.stage_timer import StageTimer
from vidfx.annotate.tasks import Drawn, DrawSegment, Observed, ObserveSegment
from vidfx.annotate.threads import prefetch
from vidfx.errors import EngineFailedError, output_errors
from vidfx.jobs.events import Advanced, Listener, Notice
from vidfx.output.strict_json import to_json
from vidfx.overlay.labels import FaceLabel
from vidfx.video.read.source import open_source
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.errors import EngineError
from vidfx_engines.files import AtomicFile

Line = tuple[int, float, list[FaceLabel]]
"""Pts and playback seconds of a frame, and what is drawn on it."""


def observe_segment(task: ObserveSegment, context: Context, listener: Listener) -> Observed:
    """Find, follow and read the faces of a segment, into a file.

    Raises InputError, EngineFailedError and OutputError.
    """
    job, segment, timer = task.job, task.segment, StageTimer()
    source, _ = open_source(
        job.source,
        planes=context.settings.video,
        start_s=segment.warmup_s,
        end_s=segment.lookahead_s,
        key_frame=segment.warmup_key_frame,
    )
    with output_errors(job.outputs.faces):
        pending = AtomicFile(task.path)
    try:
        with source:
            pipeline = Pipeline(source.info, context.settings, context.models, timer)

            def counted(observed: Iterable[FrameObservations]) -> Iterator[FrameObservations]:
                count = 0
                for one in observed:
                    if segment.holds(one.time_s):
                        count += 1
                        listener(Advanced(job, count, segment.number))
                        yield one

            decoded = pipeline.analyzer.retain(timer.each("decode", source))
            with (
                prefetch("decode", decoded, queue_length(source.info)) as frames,
                output_errors(job.outputs.faces),
            ):
                count = save(pending.writable, counted(pipeline.observe(frames)))
            pending.close()
    except EngineError as error:
        pending.discard()
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    except BaseException:
        pending.discard()
        raise
    return Observed(
        segment.number,
        file=pending.part,
        frames=count,
        seconds=timer.by_stage(),
        warnings=source.warnings,
        faults=pipeline.faults.counts,
    )


def draw_segment(task: DrawSegment, context: Context, listener: Listener) -> Drawn:
    """Draw ``task.labels`` on the frames of a segment, and encode them.

    Raises InputError and OutputError.
    """
    job, segment, timer, count = task.job, task.segment, StageTimer(), 0
    source, _ = open_source(
        job.source,
        planes=context.settings.video,
        start_s=segment.first_s,
        end_s=segment.end_s,
        key_frame=segment.key_frame,
    )
    with source:
        info, lines = source.info, LabelLines(read_labels(task.labels))
        mp4 = Mp4Muxer(task.path, info, audio_from=None, end_s=segment.end_s)
        try:
            video = AnnotatedVideo(mp4, context, timer)
            if video.notice:
                listener(Notice(f"{job.source.name}: {video.notice}"))
            decoded = timer.each("decode", source)
            with prefetch("decode", decoded, queue_length(info)) as frames:
                for frame in frames:
                    for faces, time_s in lines.before(frame.pts):
                        video.skip(faces, time_s)
                        listener(Advanced(job, count, segment.number))
                    video.write(frame, lines.of(frame.pts), info.seconds(frame.pts))
                    count += 1
                    listener(Advanced(job, count, segment.number))
            video.complete()
        except BaseException:
            mp4.abort()
            raise
    return Drawn(
        segment.number,
        file=mp4.part,
        frames=count,
        seconds=timer.by_stage(),
        warnings=source.warnings,
    )


class LabelLines:
    """Lines of labels beside the frames of a second reading, which may differ from the first.

    A frame that has no line takes none.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def before(self, pts: int) -> Iterator[tuple[list[FaceLabel], float]]:
        """What is drawn on the frames before ``pts``, and when."""
        while self._next and self._next[0] < pts:
            yield self._next[2], self._next[1]
            self._next = next(self._lines, None)

    def of(self, pts: int) -> list[FaceLabel]:
        """What is drawn on the frame at ``pts``."""
        if self._next is None or self._next[0] != pts:
            return []
        faces, self._next = self._next[2], next(self._lines, None)
        return faces


def label_line(pts: int, time_s: float, faces: Iterable[FaceLabel]) -> str:
    """What ``read_labels`` reads."""
    return to_json([pts, time_s, [vars(face) for face in faces]]) + "\n"


def read_labels(file: Path) -> Iterator[Line]:
    """Frames and what is drawn on them, in order."""
    with file.open(encoding="ascii") as lines:
        for line in lines:
            pts, time_s, faces = json.loads(line)
            yield pts, time_s, [FaceLabel(**face | {"box": tuple(face["box"])}) for face in faces]
