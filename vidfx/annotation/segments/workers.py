"""Worker processes for the segments of one video."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from vidfx.annotation.tasks import Drawn, DrawSegment, Observed, ObserveSegment
from vidfx.annotation.video_work import VideoWork
from vidfx.errors import DecodeError
from vidfx.jobs.events import Advanced, Event, Notice, Retried
from vidfx.stages.engine_faults import EngineFaults
from vidfx.video.container.segment import Segment
from vidfx.workers.messages import Failure, from_plain
from vidfx.workers.pool import Pool
from vidfx.workers.sizing import PoolSize
from vidfx_engines.cores import available_cores

MOST_DIFFERING = 0.1
"""Share of frames that may differ when a segment is decoded again."""
SegmentResult = TypeVar("SegmentResult", Observed, Drawn)


class SegmentWorkers:
    """Observes and draws all segments of a video, each in a worker process of its own.

    The files that it returns are removed when the context ends. Raises the error of a segment that
    fails.
    """

    def __init__(self, work: VideoWork, count: int) -> None:
        self.warnings: list[str] = []
        "of reading the segments"
        self.faults = EngineFaults()
        self._work = work
        settings = work.context.settings
        threads = max(1, (settings.threads or available_cores()) // count)
        size = PoolSize(count, threads, gpus=(), max_bytes=None)
        self._pool = Pool(
            replace(settings, segments=1), size, None, self._handle, engines="load here"
        )
        self._rounds = 2 if settings.video else 1
        self._frames: dict[int, int] = {}
        "of this round so far, by segment"
        self._frames_before = 0
        "of the first round, in the second"
        self._files: list[Path] = []

    def __enter__(self) -> SegmentWorkers:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._pool.__exit__(*exception)
        for file in self._files:
            with suppress(OSError):
                file.unlink()

    def observe(self, segments: Sequence[Segment], *, planes: bool) -> list[Observed]:
        """The observations of ``segments``, in their order; see ObserveSegment."""
        job = self._work.job
        observed = self._do([ObserveSegment(job, s, planes) for s in segments], Observed)
        for one in observed:
            self.faults.merge(one.faults)
        return observed

    def draw(self, segments: Sequence[Segment], labels: Path, *, hides: bool) -> list[Drawn]:
        """The encoded frames of ``segments``, in their order; see DrawSegment."""
        job = self._work.job
        return self._do([DrawSegment(job, s, labels, hides) for s in segments], Drawn)

    def report_progress(self) -> None:
        """Report how far both rounds are, so that the video does not count as stalled."""
        frames = self._frames_before + sum(self._frames.values())
        self._work.advanced(frames // self._rounds)

    def _do(
        self, tasks: Sequence[ObserveSegment | DrawSegment], kind: type[SegmentResult]
    ) -> list[SegmentResult]:
        self._frames_before = sum(self._frames.values())
        self._frames.clear()
        results: dict[int, SegmentResult] = {}
        for _, answer in self._pool.do(tasks):
            if isinstance(answer, Failure):
                raise answer.error
            result: SegmentResult = from_plain(answer.result, kind)
            self._files.append(result.file)
            self._frames[result.segment] = result.frames
            self.warnings += result.warnings
            self._work.timer.merge(result.seconds)
            self.report_progress()
            results[result.segment] = result
        return [results[task.segment.number] for task in tasks]

    def _handle(self, event: Event) -> None:
        match event:
            case Notice():
                self._work.listener(event)
            case Advanced(segment=int() as segment, frames=frames):
                self._frames[segment] = frames
                self.report_progress()
            case Retried(job=job, why=why):
                text = f"{job.name}: {why}; a segment of it is done again"
                self._work.listener(Notice(text))
            case _:
                pass


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
            f"{name}: {text}; it gives different frames when decoded again",
            hint="do it in one piece, with --segments 1",
        )
    return f"{text}: where they differ, labels or frames are missing"
