"""ONE long video in segments, side by side: look at all, settle what was seen, draw all, join.

Each segment is looked at by a worker process of its own, with some seconds before it, so that
tracks and readings are under way where it begins. Then everything that was seen is settled here in
one go, as if the video had never been cut. The numbers of tracks are drawn, so drawing has to wait
for that. It costs decoding the video twice, and engines for each segment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from vidfx.annotate.annotated_video import label_of
from vidfx.annotate.context import Context
from vidfx.annotate.observations import follow, load
from vidfx.annotate.pipeline import Pipeline
from vidfx.annotate.result_files import Made, ResultFiles
from vidfx.annotate.segment_task import label_line
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.errors import DecodeError, EngineFailedError, output_errors
from vidfx.jobs.events import Advanced, Done, Event, Listener, Notice, Retried
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job, Part
from vidfx.stages.engine_faults import EngineFaults
from vidfx.types import FrameResult, VideoInfo
from vidfx.video.container.cutting import cut
from vidfx.video.container.segment import Segment
from vidfx.video.read.facts import shortfall
from vidfx.video.write.concat import concatenate
from vidfx.workers import resources as machine
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize
from vidfx.workers.worker_process import Task
from vidfx_engines.errors import EngineError
from vidfx_engines.files import create_text, part_name

LEAST_S = 60.0
"""Of a segment, where nobody says how many there are."""
MOST_DIFFERING = 0.1
"""Share of frames that may be others when a segment is decoded again."""
CORES = 2
"""That one video keeps busy by itself (docs/benchmarks.md)."""


def cut_up(info: VideoInfo, context: Context, listener: Listener) -> list[Segment]:
    """The segments to work on side by side; none where the video is done in one piece."""
    settings = context.settings
    wanted = settings.segments or _as_many_as_pay(info, context)
    if wanted < 2:
        return []
    if not info.path.is_file():
        segments, why = [], "it is a folder of pictures"
    elif context.models.tensors_on is not None:
        segments, why = [], "the engines are on a GPU"
    else:
        segments, why = cut(info, wanted, settings.start, settings.end)
    told = f"in one piece: {why}" if why else f"in {len(segments)} segments"
    listener(Notice(f"{info.path.name}: {told}"))
    return segments


def _as_many_as_pay(info: VideoInfo, context: Context) -> int:
    settings = context.settings
    start, end = settings.start or 0.0, settings.end
    seconds = min(info.duration_s or 0.0, end or info.duration_s or 0.0) - start
    by_cores = (settings.threads or machine.cores()) // CORES
    memory = machine.allowed(settings.max_memory)
    by_memory = by_cores if memory is None else memory // machine.A_JOB
    return max(1, min(by_cores, by_memory, int(seconds // LEAST_S)))


def annotate_segments(
    segments: Sequence[Segment],
    info: VideoInfo,
    context: Context,
    results: ResultFiles,
    listener: Listener,
    timer: StageTimer,
    stack: ExitStack,
) -> Made:
    """Do all segments. ``stack`` is left when the results are published.

    Raises InputError, EngineFailedError and OutputError, and CrashedError where a segment's worker
    process died each time.
    """
    settings, job = context.settings, results.job
    crew = stack.enter_context(_SegmentWorkers(job, settings, len(segments), listener, timer))
    looked = crew.do([Part(segment) for segment in segments])
    try:
        faults = crew.faults.warnings(context.models.specs())
    except EngineError as error:
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    pipeline = Pipeline(info, settings, context.models, timer)
    seen = follow(chain.from_iterable(map(load, looked)), pipeline.tracker)
    first_pts, last_pts, drawn = None, 0, list[Path]()
    with _Labels(job.outputs.frames) as labels:
        for result in pipeline.settle(seen):
            last_pts = result.frame.pts
            first_pts = last_pts if first_pts is None else first_pts
            results.add(result)
            if results.mp4:
                labels.add(result, info.seconds(last_pts))
            crew.alive()
        labels.close()
        if results.mp4:
            drawn = crew.do([Part(segment, labels.file) for segment in segments])
            crew.compare_rounds()
    missing = None
    if settings.start is None and settings.end is None:
        missing = shortfall(info, results.tally.frames, last_pts)
    warnings = [*dict.fromkeys(crew.warnings), *([missing] if missing else []), *faults]
    report = None
    if results.mp4:
        with timer("encode"):
            concatenate(drawn, results.mp4, first_pts or 0)
            report = results.mp4.complete()
    return Made(report, warnings)


class _Labels:
    """What is to be drawn, frame by frame: a file that vanishes in the end."""

    def __init__(self, frames: Path) -> None:
        """``frames`` is the output that it stands beside."""
        path = frames.with_name(f"{frames.name}.0")
        self.file = path.with_name(part_name(path.name))

    def __enter__(self) -> _Labels:
        with output_errors(self.file):
            self._lines = create_text(self.file, "ascii")
        return self

    def add(self, result: FrameResult, time_s: float) -> None:
        faces = [label_of(face) for face in result.faces]
        with output_errors(self.file):
            self._lines.write(label_line(result.frame.pts, time_s, faces))

    def close(self) -> None:
        with output_errors(self.file):
            self._lines.close()

    def __exit__(self, *exception: Any) -> None:
        with suppress(OSError):
            self._lines.close()
        with suppress(OSError):
            self.file.unlink()


class _SegmentWorkers:
    """Worker processes for the segments of one video; what they made vanishes in the end."""

    def __init__(
        self, job: Job, settings: Settings, count: int, listener: Listener, timer: StageTimer
    ) -> None:
        self.warnings: list[str] = []
        self.faults = EngineFaults()
        self._job, self._listener, self._timer = job, listener, timer
        threads = max(1, (settings.threads or machine.cores()) // count)
        size = PoolSize(count, threads, gpus=(), max_bytes=None)
        given = replace(settings, segments=1)
        self._pool = Pool(given, size, None, self.handle, self._report)
        self._rounds = 2 if settings.video else 1
        self._frames: dict[Part, int] = {}
        self._files: dict[Part, Path] = {}

    def __enter__(self) -> _SegmentWorkers:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._pool.close()
        for file in self._files.values():
            with suppress(OSError):
                file.unlink()

    def do(self, parts: Sequence[Part]) -> list[Path]:
        """What the workers made of ``parts``."""
        self._pool.do([Task(replace(self._job, part=part)) for part in parts])
        return [self._files[part] for part in parts]

    def compare_rounds(self) -> None:
        """Warn of frames that were not the same ones when they were drawn as when looked at.

        Raises DecodeError where many were not.
        """
        counts = {False: Counter[int](), True: Counter[int]()}
        for part, frames in self._frames.items():
            counts[part.labels is not None][part.segment.number] = frames
        looked, drawn = counts[False], counts[True]
        differing = ((drawn - looked) + (looked - drawn)).total()
        if not differing:
            return
        told = f"{looked.total()} frames were looked at and {drawn.total()} drawn"
        if differing > MOST_DIFFERING * looked.total():
            raise DecodeError(
                f"{self._job.name}: {told}; it does not decode alike twice",
                hint="do it in one piece, with --segments 1",
            )
        self.warnings.append(f"{told}: where they differ, labels or frames are missing")

    def alive(self) -> None:
        self._listener(Advanced(self._job, sum(self._frames.values()) // self._rounds))

    def handle(self, event: Event) -> None:
        """What a worker reports of its segment."""
        match event:
            case Notice():
                self._listener(event)
            case Advanced(job=job, frames=frames):
                self._advanced(job, frames)
            case Retried(job=job, why=why):
                self._listener(Notice(f"{job.name}: {why}; a segment of it is done again"))
            case Done(job=job, summary=summary):
                self._done(job, summary)
            case _:
                pass

    def _advanced(self, job: Job, frames: int) -> None:
        assert job.part
        self._frames[job.part] = frames
        self.alive()

    def _done(self, job: Job, summary: dict[str, Any]) -> None:
        assert job.part
        self._advanced(job, summary["counts"]["frames"])
        self._files[job.part] = Path(summary["outputs"]["file"])
        self.warnings += summary["warnings"]
        self.faults.merge(summary["counts"]["faults"])
        self._timer.merge(summary["seconds"]["by_stage"])

    def _report(self, outcome: Outcome) -> None:
        if outcome.error:
            raise outcome.error
