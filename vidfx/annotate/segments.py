"""ONE long video in segments, side by side: look at all, settle what was seen, draw all, join.

Each segment is looked at by a worker process of its own, with some seconds before it, so that
tracks and readings are under way where it begins. Then everything that was seen is settled here in
one go, as if the video had never been cut. The numbers of tracks are drawn, so drawing has to wait
for that. It costs decoding the video twice, and engines for each segment.
"""

from __future__ import annotations

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
from vidfx.annotate.tasks import Drawn, DrawSegment, Observed, ObserveSegment
from vidfx.config import Settings
from vidfx.cores import cores
from vidfx.errors import DecodeError, EngineFailedError, output_errors
from vidfx.jobs.events import Advanced, Event, Listener, Notice, Retried
from vidfx.jobs.plan import Job
from vidfx.stages.engine_faults import EngineFaults
from vidfx.types import FrameResult, VideoInfo
from vidfx.video.container.cutting import cut
from vidfx.video.container.segment import Segment
from vidfx.video.read.facts import shortfall
from vidfx.video.write.concat import concatenate
from vidfx.workers import memory
from vidfx.workers.messages import Failure, from_plain
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize
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
    by_cores = (settings.threads or cores()) // CORES
    by_memory = memory.allowed(settings.max_memory) // memory.BYTES_PER_VIDEO
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
    workers = stack.enter_context(SegmentWorkers(job, settings, len(segments), listener, timer))
    observed = workers.do([ObserveSegment(job, segment) for segment in segments])
    try:
        faults = workers.faults.warnings(context.models.specs())
    except EngineError as error:
        raise EngineFailedError(f"{job.source}: {error}", hint=error.hint) from error
    pipeline = Pipeline(info, settings, context.models, timer)
    seen = follow(chain.from_iterable(load(o.file) for o in observed), pipeline.tracker)
    first_pts, last_pts, drawn = None, 0, list[Path]()
    with _Labels(job.outputs.frames) as labels:
        for result in pipeline.settle(seen):
            last_pts = result.frame.pts
            first_pts = last_pts if first_pts is None else first_pts
            results.add(result)
            if results.mp4:
                labels.add(result, info.seconds(last_pts))
            workers.alive()
        labels.close()
        if results.mp4:
            results_drawn = workers.do([DrawSegment(job, s, labels.file) for s in segments])
            drawn = [result.file for result in results_drawn]
            counts = ([r.frames for r in observed], [r.frames for r in results_drawn])
            if warning := compare_rounds(job.name, *counts):
                workers.warnings.append(warning)
    missing = None
    if settings.start is None and settings.end is None:
        missing = shortfall(info, results.tally.frames, last_pts)
    warnings = [*dict.fromkeys(workers.warnings), *([missing] if missing else []), *faults]
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


class SegmentWorkers:
    """Worker processes for the segments of one video; their files are removed in the end."""

    def __init__(
        self, job: Job, settings: Settings, count: int, listener: Listener, timer: StageTimer
    ) -> None:
        self.warnings: list[str] = []
        self.faults = EngineFaults()
        self._job, self._listener, self._timer = job, listener, timer
        threads = max(1, (settings.threads or cores()) // count)
        size = PoolSize(count, threads, gpus=(), max_bytes=None)
        self._pool = Pool(replace(settings, segments=1), size, None, self._handle)
        self._rounds = 2 if settings.video else 1
        self._frames: dict[int, int] = {}
        "so far, by segment"
        self._frames_before = 0
        "in the first round"
        self._files: list[Path] = []

    def __enter__(self) -> SegmentWorkers:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._pool.__exit__(*exception)
        for file in self._files:
            with suppress(OSError):
                file.unlink()

    def do(self, tasks: Sequence[ObserveSegment | DrawSegment]) -> list[Observed | Drawn]:
        """The results of ``tasks``, in their order. Raises the error of one that fails."""
        self._frames_before = sum(self._frames.values())
        self._frames.clear()
        results: dict[int, Observed | Drawn] = {}
        for _, answer in self._pool.do(tasks):
            if isinstance(answer, Failure):
                raise answer.error
            result: Observed | Drawn = from_plain(answer.result, Observed | Drawn)
            self._take(result)
            results[result.segment] = result
        return [results[task.segment.number] for task in tasks]

    def alive(self) -> None:
        frames = self._frames_before + sum(self._frames.values())
        self._listener(Advanced(self._job, frames // self._rounds))

    def _handle(self, event: Event) -> None:
        match event:
            case Notice():
                self._listener(event)
            case Advanced(segment=int() as segment, frames=frames):
                self._frames[segment] = frames
                self.alive()
            case Retried(job=job, why=why):
                self._listener(Notice(f"{job.name}: {why}; a segment of it is done again"))
            case _:
                pass

    def _take(self, result: Observed | Drawn) -> None:
        self._files.append(result.file)
        self._frames[result.segment] = result.frames
        self.alive()
        self.warnings += result.warnings
        if isinstance(result, Observed):
            self.faults.merge(result.faults)
        self._timer.merge(result.seconds)


def compare_rounds(name: str, observed: Sequence[int], drawn: Sequence[int]) -> str | None:
    """A warning where the frames drawn are not those observed, by their number in each segment.

    Raises DecodeError where many are not.
    """
    differing = sum(abs(a - b) for a, b in zip(observed, drawn, strict=True))
    if not differing:
        return None
    text = f"{sum(observed)} frames were observed and {sum(drawn)} drawn"
    if differing > MOST_DIFFERING * sum(observed):
        raise DecodeError(
            f"{name}: {text}; it does not decode alike twice",
            hint="do it in one piece, with --segments 1",
        )
    return f"{text}: where they differ, labels or frames are missing"
