"""ONE finished video drawn again: its source is decoded, and its rows are drawn on the frames.

A thread decodes and one encodes, as when the video was annotated; the rows are read between them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidfx.annotation.drawing.annotated_video import AnnotatedVideo
from vidfx.annotation.drawing.draw_work import DrawWork
from vidfx.annotation.drawing.frame_labels import (
    FrameLabels,
    LabelMatcher,
    frame_labels,
    masked_labels,
)
from vidfx.annotation.threads import prefetch, queue_length, uninterrupted
from vidfx.corrections.apply import Corrector
from vidfx.errors import (
    ChangedError,
    DecodeError,
    InputError,
    OutputExistsError,
    no_frame_error,
    output_errors,
)
from vidfx.jobs.events import Listener, Started
from vidfx.output.origin import describe_input, describe_making, versions
from vidfx.output.strict_json import to_json
from vidfx.privacy.hiding import SOUND_KEPT
from vidfx.privacy.masks import Masked
from vidfx.render.fingerprint import SCHEMA, render_fingerprint
from vidfx.render.hiding import hiding_of, verify_rendered
from vidfx.render.only import Only
from vidfx.render.source import find_source
from vidfx.render.task import RenderJob
from vidfx.render.work import RenderWork
from vidfx.saved.frames import read_settled
from vidfx.saved.runs import AGAIN
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx.video.write.muxer import Mp4Muxer, VideoReport
from vidfx_engines.files import AtomicFile

MOST_DIFFERING = 0.1
"""Share of frames without rows."""


def render_video(work: RenderWork, listener: Listener) -> dict[str, Any]:
    """Draw a finished video again; returns the record of it.

    Whatever ends it, no unfinished file has a final name, and an earlier one stays until the new
    one is complete. Raises InputError and OutputError.
    """
    started = time.perf_counter()
    job, video, options = work.job, work.video, work.options
    before = render_fingerprint(work)
    settings = work.context.settings
    with _opened_source(work) as (source, why):
        info = source.info
        drawing = DrawWork(job, info, work.context, listener)
        drawing.detail(why)
        expected = info.frames_between(settings.start, settings.end)
        listener(Started(job, info.width, info.height, info.codec, expected))
        only = Only(options.only, video) if options.only else None
        correct = Corrector(work.corrections.lines)
        hiding = hiding_of(work)
        if hiding:
            frames_to_draw = masked_labels(_only(only, hiding.masked()), work.context.looks)
            deque(map(correct, read_settled(video)), maxlen=0)  # for its warnings
        else:
            settled = map(correct, read_settled(video))
            settled = only(settled) if only else settled
            frames_to_draw = frame_labels(settled, work.context.looks)
        with _result_files(job) as (file, record):
            drawn = _draw(source, drawing, file, frames_to_draw, hides=hiding is not None)
            frames, matched = drawn.frames, drawn.matched
            warnings = [*source.warnings, *drawn.report.warnings]
            warnings += _difference(job, frames, matched, hides=hiding is not None)
            privacy = hiding.describe() if hiding else None
            if hiding and info.has_audio and settings.sound == "keep":
                warnings.append(SOUND_KEPT)
            if hiding and privacy and settings.verify:
                with drawing.timer("verify"):
                    privacy["verified"] = verify_rendered(
                        work, file.part, hiding, drawn.input_pts, lambda: drawing.advanced(frames)
                    )
            if render_fingerprint(work) != before:
                raise ChangedError(
                    f"{job.name}: its rows changed while they were drawn",
                    hint="run again when they are complete",
                )
            if settings.start is None and settings.end is None:  # all rows were read
                warnings += correct.warnings()
            warnings += work.corrections.warnings()
            if only and only.unseen:
                warnings.append(f"--only: no face is {', '.join(only.unseen)}")
            content = {
                "made": describe_making(options.command),
                "of": {"summary": str(video.path), "source": str(info.path)},
                "input": describe_input(info, source.name, why),
                "settings": before["settings"],
                "counts": {"frames": frames, "frames_with_rows": matched},
                "privacy": privacy,
                "outputs": {"video": job.outputs.video.name, "audio": drawn.report.audio},
                "bytes": {job.outputs.video.name: file.size()},
                "seconds": {
                    "total": round(time.perf_counter() - started, 3),
                    "by_stage": drawing.timer.by_stage(),
                },
                "warnings": warnings,
                "versions": versions(),
                "fingerprint": before,
            }
            _publish(file, record, content)
    return content


@contextmanager
def _opened_source(work: RenderWork) -> Generator[tuple[FrameSource, str]]:
    """The reader of the source, and why it was chosen. Raises InputError."""
    job, video, settings = work.job, work.video, work.context.settings
    path = find_source(video, work.options.sources)
    if job.outputs.video.exists() and job.outputs.video.samefile(path):
        raise OutputExistsError(
            f"{job.name}: {job.outputs.video} is its source", hint="use another folder with -o"
        )
    source, why = open_source(path, planes=True, start_s=settings.start, end_s=settings.end)
    with source:
        info = source.info
        found, recorded = (info.width, info.height, info.time_base), (*video.size, video.time_base)
        if found != recorded:
            raise InputError(
                f"{path}: it is read as {_shape(*found)} now, and was as {_shape(*recorded)} when "
                "it was annotated",
                hint=AGAIN,
            )
        yield source, why


def _shape(width: int, height: int, time_base: Fraction) -> str:
    return f"{width}x{height} px with a time base of {time_base}"


@contextmanager
def _result_files(job: RenderJob) -> Generator[tuple[AtomicFile, AtomicFile]]:
    """The video and its record, with temporary names; what is not published is removed."""
    with ExitStack() as stack:

        def create(path: Path) -> AtomicFile:
            with output_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                file = AtomicFile(path)
            stack.callback(file.discard)
            return file

        yield create(job.outputs.video), create(job.outputs.summary)


def _publish(file: AtomicFile, record: AtomicFile, content: Mapping[str, Any]) -> None:
    """Give both their names, the record's last, so that it is never of another video."""
    with output_errors(record.path):
        record.writable.write_text(to_json({"schema": SCHEMA, **content}, indent=1) + "\n", "ascii")
        record.seal()
        with uninterrupted():
            record.path.unlink(missing_ok=True)
            file.publish()
            record.publish()


def _only(only: Only | None, masked: Iterable[Masked]) -> Iterator[Masked]:
    """``masked``, with the faces that are chosen."""
    for some in masked:
        settled = some.settled
        for chosen in only([settled]) if only else [settled]:
            yield replace(some, settled=chosen)


@dataclass(frozen=True)
class _Drawn:
    frames: int
    matched: int
    "frames that have rows"
    report: VideoReport
    input_pts: Callable[[Fraction], int]
    "see Mp4Muxer.input_pts"


def _draw(
    source: FrameSource,
    work: DrawWork,
    file: AtomicFile,
    frames_to_draw: Iterable[FrameLabels],
    *,
    hides: bool,
) -> _Drawn:
    """Draw on the frames of ``source``, and encode them into ``file``.

    ``hides``: a frame without rows is hidden whole, and nothing in the file names somebody.
    """
    info, settings = work.info, work.context.settings
    labels = LabelMatcher(work.timer.each("rows", frames_to_draw), hides=hides)
    length = queue_length(info)
    with Mp4Muxer(
        file,
        info,
        audio_from=info.path if info.has_audio and settings.sound == "keep" else None,
        start_s=settings.start,
        end_s=settings.end,
        private=hides,
    ) as mp4:
        video = AnnotatedVideo(mp4, work)
        decoded = work.timer.each("decode", source)
        with prefetch("decode", decoded, length) as frames, video.encoding(length):
            count = video.write_all(frames, labels, work.advanced)
        if not count:
            raise no_frame_error(info.path, " in the part that was annotated")
        return _Drawn(count, labels.matched, video.complete(), mp4.input_pts)


def _difference(job: RenderJob, frames: int, matched: int, *, hides: bool) -> list[str]:
    """A warning where frames have no rows. Raises DecodeError where many have none."""
    if frames == matched:
        return []
    text = f"{frames - matched} of its {frames} frames have no rows"
    if frames - matched > MOST_DIFFERING * frames:
        raise DecodeError(
            f"{job.name}: {text}: its source video decodes to other frames now",
            hint=AGAIN,
        )
    return [f"{text}: {'they are covered completely' if hides else 'nothing is drawn on them'}"]
