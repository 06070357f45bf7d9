"""ONE video: decode | detect, track, align, classify, smooth | draw, encode, write rows.

Three threads with bounded queues between them. Results get their names only when all are whole,
the summary last. A long video may be cut instead: vidfx.run.segments.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from vidfx.errors import EngineFailedError, NotMediaError
from vidfx.output.strict_json import with_texts
from vidfx.output.summary import describe_input, versions
from vidfx.run.clock import Clock
from vidfx.run.done import check_unchanged
from vidfx.run.film import Film, label_of
from vidfx.run.lanes import ahead, behind
from vidfx.run.pipeline import Pipeline, queue_length
from vidfx.run.plan import Job
from vidfx.run.progress import Listener, Opened
from vidfx.run.results import Made, Results
from vidfx.run.segments import annotate_segments, cut_up
from vidfx.run.setup import Setup
from vidfx.types import FrameResult, VideoInfo
from vidfx.video.atomic import output_errors
from vidfx.video.device_source import open_on_device
from vidfx.video.source import FrameSource, open_source
from vidfx_engines import EngineError


def annotate_video(job: Job, setup: Setup, listener: Listener) -> dict[str, Any]:
    """Make all results of one video; returns its summary.

    Whatever ends it, Ctrl-C included, no unfinished file has a final name, and results that were
    there before stay until all new ones are whole. Raises InputError, EngineFailedError and
    OutputError.
    """
    started = time.perf_counter()
    clock = Clock()
    fingerprint = setup.fingerprint(job)
    source, why = _open(job.source, setup)
    with source, ExitStack() as stack:
        info = source.info
        listener.notice(f"{job.source.name}: {why}")
        listener.started(job, Opened(info.width, info.height, info.codec, _expected(info, setup)))
        with output_errors(job.outputs.summary.parent):
            job.outputs.summary.parent.mkdir(parents=True, exist_ok=True)
        segments = cut_up(info, setup, listener)
        results = stack.enter_context(Results(job, info, setup, clock))
        if segments:
            made = annotate_segments(segments, info, setup, results, listener, clock, stack)
        else:
            made = _annotate(source, setup, results, listener, clock, stack)
        outputs = results.complete(made)
        check_unchanged(job, setup, fingerprint)
        summary = {
            "input": describe_input(info, source.name, why),
            "models": setup.models.describe(),
            "counts": results.tally.counts(),
            "outputs": outputs,
            "bytes": results.sizes(),
            "seconds": {
                "total": round(time.perf_counter() - started, 3),
                "by_stage": clock.by_stage(),
            },
            "tracks": results.tally.tracks(),
            "warnings": [
                *made.warnings,
                *(made.report.warnings if made.report else ()),
                *job.left_out,
            ],
            "versions": versions(),
        }
        summary = with_texts(summary, job.told) | {"fingerprint": fingerprint}
        results.publish(summary)
    return summary


def _annotate(
    source: FrameSource,
    setup: Setup,
    results: Results,
    listener: Listener,
    clock: Clock,
    stack: ExitStack,
) -> Made:
    """Run the three threads to the end. ``stack`` is left when the results are published."""
    info, settings, job = source.info, setup.settings, results.job
    film: Film | None = None
    if settings.video:
        audio_from = info.path if info.has_audio else None
        film = Film(
            *(job.outputs.video, info, setup, clock),
            audio_from=audio_from,
            start_s=settings.start,
            end_s=settings.end,
        )
        stack.enter_context(film)
        if film.worth_telling:
            listener.notice(f"{job.source.name}: {film.why}")

    def write(settled: Iterable[FrameResult]) -> None:
        for result in settled:
            if film:
                time_s = info.seconds(result.frame.pts)
                film.write(result.frame, [label_of(face) for face in result.faces], time_s)
            results.add(result)
            listener.advanced(job, results.tally.frames)

    pipeline, length = Pipeline(info, settings, setup.models, clock), queue_length(info)
    decoded = pipeline.analyzer.keep(clock.each("decode", source))
    try:
        with (
            ahead("decode", decoded, length) as frames,
            behind("write", write, length) as settled,
        ):
            for result in pipeline(frames):
                settled.put(result)
        faults = pipeline.faults.told(setup.models.specs())
    except EngineError as error:
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    if not results.tally.frames:
        raise NotMediaError(
            f"{job.source}: there is not one frame to read"
            + ("" if info.duration_s is None else f" in its {info.duration_s:.1f} s"),
            hint="check the input, and --start and --end",
        )
    return Made(film, film.complete() if film else None, [*source.warnings, *faults])


def _open(path: Path, setup: Setup) -> tuple[FrameSource, str]:
    """The reader of one video, on the device where the engines are on one; and why."""
    settings = setup.settings
    part = settings.start is not None or settings.end is not None
    on_host, reader = "", settings.reader
    device = setup.models.tensors_on
    if device and device.startswith("cuda") and reader not in ("decord", "pyav"):
        found, why = open_on_device(
            path, int(device.partition(":")[2] or 0), reader, planes=settings.video, part=part
        )
        if found is not None:
            return found, why
        on_host, reader = f"{why}; ", "auto"
    source, why = open_source(
        path,
        reader,
        planes=settings.video,
        start_s=settings.start,
        end_s=settings.end,
    )
    return source, on_host + why


def _expected(info: VideoInfo, setup: Setup) -> int | None:
    rate, start, end = float(info.frame_rate), setup.settings.start, setup.settings.end
    if start is None and end is None and info.n_frames is not None:
        return info.n_frames
    if info.duration_s is None or not rate:
        return None
    until = min(info.duration_s, end or info.duration_s)
    return max(0, round((until - (start or 0.0)) * rate))
