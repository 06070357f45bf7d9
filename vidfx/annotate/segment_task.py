"""One segment of a video, in a worker process: looked at, or drawn on and encoded."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vidfx.annotate.annotated_video import AnnotatedVideo
from vidfx.annotate.context import Context
from vidfx.annotate.observations import FrameObservations, save
from vidfx.annotate.pipeline import Pipeline, queue_length
from vidfx.annotate.stage_timer import StageTimer
from vidfx.annotate.threads import prefetch
from vidfx.errors import EngineFailedError, output_errors
from vidfx.jobs.events import Advanced, Listener, Notice
from vidfx.jobs.plan import Job, Part
from vidfx.output.strict_json import to_json
from vidfx.overlay.labels import FaceLabel
from vidfx.stages.engine_faults import EngineFaults
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.errors import EngineError
from vidfx_engines.files import AtomicFile

Line = tuple[int, float, list[FaceLabel]]
"""Pts and playback seconds of a frame, and what is drawn on it."""


def do_segment(job: Job, context: Context, listener: Listener) -> dict[str, Any]:
    """Look at ``job.part``, or draw on it; returns what a summary says, and where the file is.

    Raises InputError, EngineFailedError and OutputError.
    """
    assert job.part is not None
    part, segment = job.part, job.part.segment
    started, timer = time.perf_counter(), StageTimer()
    drawing = part.labels is not None
    source, _ = open_source(
        job.source,
        planes=context.settings.video,
        start_s=segment.first_s if drawing else segment.warmup_s,
        end_s=segment.end_s if drawing else segment.lookahead_s,
        key_frame=segment.key_frame if drawing else segment.warmup_key_frame,
    )
    with source:
        faults = EngineFaults()
        if part.labels is not None:
            file, frames = _draw(source, job, part, part.labels, context, listener, timer)
        else:
            file, frames, faults = _look(source, job, part, context, listener, timer)
    return {
        "counts": {"frames": frames, "faults": faults.counts},
        "outputs": {"file": str(file)},
        "seconds": {
            "total": round(time.perf_counter() - started, 3),
            "by_stage": timer.by_stage(),
        },
        "warnings": source.warnings,
    }


def _look(
    source: FrameSource,
    job: Job,
    part: Part,
    context: Context,
    listener: Listener,
    timer: StageTimer,
) -> tuple[Path, int, EngineFaults]:
    info, segment = source.info, part.segment
    pipeline = Pipeline(info, context.settings, context.models, timer)

    def recorded(observed: Iterable[FrameObservations]) -> Iterator[FrameObservations]:
        count = 0
        for one in observed:
            if segment.holds(one.time_s):
                count += 1
                listener(Advanced(job, count))
                yield one

    with output_errors(job.outputs.faces):
        pending = AtomicFile(part.file(job.outputs.faces))
    try:
        decoded = pipeline.analyzer.retain(timer.each("decode", source))
        with (
            prefetch("decode", decoded, queue_length(info)) as frames,
            output_errors(job.outputs.faces),
        ):
            count = save(pending.writable, recorded(pipeline.observe(frames)))
        pending.close()
    except EngineError as error:
        pending.discard()
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    except BaseException:
        pending.discard()
        raise
    return pending.part, count, pipeline.faults


def _draw(
    source: FrameSource,
    job: Job,
    part: Part,
    labels: Path,
    context: Context,
    listener: Listener,
    timer: StageTimer,
) -> tuple[Path, int]:
    info, segment, count = source.info, part.segment, 0
    lines = LabelLines(read_labels(labels))
    mp4 = Mp4Muxer(part.file(job.outputs.video), info, audio_from=None, end_s=segment.end_s)
    try:
        video = AnnotatedVideo(mp4, context, timer)
        if video.notice:
            listener(Notice(f"{job.source.name}: {video.notice}"))
        decoded = timer.each("decode", source)
        with prefetch("decode", decoded, queue_length(info)) as frames:
            for frame in frames:
                for faces, time_s in lines.before(frame.pts):
                    video.skip(faces, time_s)
                    listener(Advanced(job, count))
                video.write(frame, lines.of(frame.pts), info.seconds(frame.pts))
                count += 1
                listener(Advanced(job, count))
        video.complete()
    except BaseException:
        mp4.abort()
        raise
    return mp4.part, count


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
