"""How fast this machine is: the real pipeline on the first part of a video, timed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vidfx.annotate.context import Context, load_context
from vidfx.annotate.video import annotate_video
from vidfx.config import Settings
from vidfx.jobs.events import Advanced, Event, Listener, Notice, Started
from vidfx.jobs.plan import Job, Outputs
from vidfx_engines.cores import available_cores

THREADS = {
    "reading": ("decode",),
    "analysis": ("detect", "track", "align", "identity", "emotion", "smooth"),
    "writing": ("draw", "encode", "rows"),
}
"""The stages that share a thread; the busiest thread sets the pace while cores are free."""
PROBE_S = 2.0
"""Seconds of video for the first guess of how long a part may be."""
ADVICE = {
    "decode": "a GPU can decode (docs/gpu.md); --every does not help, every frame is read",
    "detect": "a larger --every, or int8:"
    " vidfx build-engine detector-embedded --calibration PHOTOGRAPHS",
    "identity": "a faster precision: vidfx build-engine MODEL --calibration FACES",
    "emotion": "--emotion none where expressions are not wanted",
    "draw": "--no-video where the drawn video is not wanted",
    "encode": "--preset superfast or ultrafast (larger files), or --no-video",
}


@dataclass(frozen=True)
class Timing:
    """One way of annotating, on a part of the video."""

    name: str
    frames: int
    seconds: float
    by_stage: Mapping[str, float]
    "seconds; stages of different threads overlap"
    cpu_seconds: float
    "of all threads"

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds

    def thread(self) -> tuple[str, float]:
        """The busiest thread, and the share of the time that it was busy."""
        busy = {
            name: sum(self.by_stage.get(stage, 0.0) for stage in stages)
            for name, stages in THREADS.items()
        }
        name = max(busy, key=lambda n: busy[n])
        return name, min(1.0, busy[name] / self.seconds)

    def stage(self) -> str:
        """The stage that takes the most time of the busiest thread."""
        return max(THREADS[self.thread()[0]], key=lambda s: self.by_stage.get(s, 0.0))


@dataclass(frozen=True)
class Bench:
    """What was measured."""

    video: str
    width: int
    height: int
    codec: str
    frame_rate: float
    frames: int | None
    "of the whole video"
    faces: float
    "a frame, in the part that was measured"
    start_s: float
    "to load the engines"
    cores: int
    timings: tuple[Timing, ...]
    models: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        content = asdict(self)
        for timing, row in zip(self.timings, content["timings"], strict=True):
            thread, share = timing.thread()
            row |= {"frames_per_s": timing.rate, "limit": timing.stage()}
            row |= {"busiest_thread": thread, "busy_share": share}
        return {"schema": "vidfx.bench/1", **content}


def bench(video: Path, settings: Settings, budget_s: float, listener: Listener) -> Bench:
    """Annotate the first part of ``video`` twice, with and without the drawn video.

    Takes about ``budget_s`` seconds. Raises UnavailableError, and InputError for a video that
    cannot be read.
    """
    started = time.perf_counter()
    with (
        load_context(settings) as context,
        tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder,
    ):
        start_s = time.perf_counter() - started
        for notice in context.models.notices():
            listener(Notice(notice))
        out = Path(folder)
        first, summary = _time(video, out, context, PROBE_S, listener, video_too=settings.video)
        real_time = first.rate / summary["input"]["frame_rate"]
        wanted = [("annotated video", True)] if settings.video else []
        timings: list[Timing] = []
        part_s = max(PROBE_S, budget_s / (len(wanted) + 1) * real_time)
        for name, video_too in [*wanted, ("CSVs only", False)]:
            timing, summary = _time(video, out, context, part_s, listener, video_too=video_too)
            timings.append(replace(timing, name=name))
    given, counts = summary["input"], summary["counts"]
    rate = given["frame_rate"]
    length = given["duration_s"]
    return Bench(
        video=str(video),
        width=given["width_px"],
        height=given["height_px"],
        codec=given["codec"],
        frame_rate=rate,
        frames=None if length is None else round(length * rate),
        faces=counts["face_rows"] / counts["frames"],
        start_s=start_s,
        cores=available_cores(),
        timings=tuple(timings),
        models=tuple(summary["models"]),
    )


def _time(
    video: Path, out: Path, context: Context, part_s: float, listener: Listener, *, video_too: bool
) -> tuple[Timing, dict[str, Any]]:
    """Annotate ``part_s`` seconds from where the settings begin."""
    start = context.settings.start or 0.0
    end = min(start + part_s, context.settings.end or float("inf"))
    changed = replace(context.settings, end=end, video=video_too, overwrite=True)

    def progress_only(event: Event) -> None:
        if isinstance(event, Started | Advanced):
            listener(event)

    cpu = time.process_time()
    summary = annotate_video(
        Job(video, Outputs.of(out / "part")), replace(context, settings=changed), progress_only
    )
    seconds = summary["seconds"]
    timing = Timing(
        "probe",
        summary["counts"]["frames"],
        seconds["total"],
        seconds["by_stage"],
        time.process_time() - cpu,
    )
    return timing, summary
