"""How fast this machine is: the real pipeline on the first part of a video, timed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from vidfx.annotation.context import Context, load_context
from vidfx.annotation.video import annotate_video, open_video
from vidfx.auto_device import remember
from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx.jobs.events import Advanced, Event, Listener, Notice, Started
from vidfx.jobs.plan import Job, Outputs
from vidfx.video.read.source import open_source
from vidfx.video.write.first_part import copy_first_part
from vidfx_engines.cards import visible_gpus
from vidfx_engines.cores import available_cores

THREADS = {
    "reading": ("decode",),
    "analysis": ("detect", "track", "align", "identity", "emotion", "smooth"),
    "writing": ("draw", "encode", "rows"),
}
"""The stages that share a thread; the busiest thread sets the pace while cores are free."""
VIDEO, CSVS = "annotated video", "CSVs only"
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
class DeviceTimings:
    """What was measured on one device."""

    device: str
    "cpu or cuda:n"
    start_s: float
    "to load the engines"
    decoding: Timing
    "decoding alone, with the reader that annotate uses: nothing can be faster"
    timings: tuple[Timing, ...]
    models: tuple[Mapping[str, Any], ...]


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
    cores: int
    devices: tuple[DeviceTimings, ...]

    def as_json(self) -> dict[str, Any]:
        content = asdict(self)
        for device, row in zip(self.devices, content["devices"], strict=True):
            row["decoding"] |= {"frames_per_s": device.decoding.rate}
            for timing, cell in zip(device.timings, row["timings"], strict=True):
                thread, share = timing.thread()
                cell |= {"frames_per_s": timing.rate, "limit": timing.stage()}
                cell |= {"busiest_thread": thread, "busy_share": share}
                cell |= {"of_decoding": timing.rate / device.decoding.rate}
        return {"schema": "vidfx.bench/2", **content}


def bench(video: Path, settings: Settings, budget_s: float, listener: Listener) -> Bench:
    """Annotate the first part of ``video`` on each device, with and without the drawn video.

    ``settings.device`` auto is the CPU, and the GPU where there is one; what is then measured
    decides ``--device auto`` from now on. Takes about ``budget_s`` seconds. Raises
    UnavailableError, and InputError for a video that cannot be read.
    """
    source, _ = open_source(video, planes=False)
    with source:
        info = source.info
    devices = [settings.device]
    if settings.device == "auto":
        devices = ["cuda", "cpu"] if visible_gpus() else ["cpu"]
    found: list[DeviceTimings] = []
    faces = 0.0
    for device in devices:
        try:
            with _BenchDevice(video, replace(settings, device=device), listener) as one:
                found.append(one.measure(budget_s / len(devices)))
                faces = one.faces
        except UnavailableError as error:
            if device == devices[-1] and not found:
                raise
            listener(Notice(f"{device}: {error}"))
    if settings.device == "auto" and len(found) > 1:
        _remember(settings, *found)
    frames = None if info.duration_s is None else round(info.duration_s * float(info.frame_rate))
    return Bench(
        video=str(video),
        width=info.width,
        height=info.height,
        codec=info.codec,
        frame_rate=float(info.frame_rate),
        frames=frames,
        faces=faces,
        cores=available_cores(),
        devices=tuple(found),
    )


def _remember(settings: Settings, gpu: DeviceTimings, cpu: DeviceTimings) -> None:
    for on_gpu, on_cpu in zip(gpu.timings, cpu.timings, strict=True):
        changed = replace(settings, video=on_gpu.name == VIDEO)
        remember(changed, cpu=on_cpu.rate, gpu=on_gpu.rate)


class _BenchDevice:
    """Measures on one device. As a context manager it closes the engines in the end."""

    def __init__(self, video: Path, settings: Settings, listener: Listener) -> None:
        self._video, self._settings, self._listener = video, settings, listener
        self.faces = 0.0
        "a frame, in what was measured last"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vidfx-bench-"))
            self._out = Path(folder)
            started = time.perf_counter()
            self._context = stack.enter_context(load_context(self._settings))
            self._start_s = time.perf_counter() - started
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def measure(self, budget_s: float) -> DeviceTimings:
        for notice in self._context.models.notices():
            self._listener(notice)
        part = self._part(PROBE_S)
        probe = self._annotate(part, "probe", video_too=self._settings.video)
        names = [VIDEO, CSVS] if self._settings.video else [CSVS]
        seconds = max(PROBE_S, budget_s / len(names) * PROBE_S * probe.rate / probe.frames)
        part = self._part(seconds)
        timings = [self._annotate(part, name, video_too=name == VIDEO) for name in names]
        models = self._context.models
        device = str(models.selections[0].engine.device)
        described = tuple(models.describe())
        return DeviceTimings(device, self._start_s, self._decode(part), tuple(timings), described)

    def _part(self, seconds: float) -> _Part:
        """The first part of the video; on a GPU a file, because decoders there read whole files."""
        tensors_on = self._context.models.tensors_on
        file = self._out / "part.mkv"
        if tensors_on and tensors_on.kind == "cuda" and copy_first_part(self._video, file, seconds):
            return _Part(file, self._context)
        start = self._settings.start or 0.0
        end = min(start + seconds, self._settings.end or float("inf"))
        changed = replace(self._context.settings, end=end)
        return _Part(self._video, replace(self._context, settings=changed))

    def _decode(self, part: _Part) -> Timing:
        """Decode it, and do nothing with the frames."""
        settings = replace(part.context.settings, video=False)
        started, cpu = time.perf_counter(), time.process_time()
        source, _ = open_video(part.file, replace(part.context, settings=settings))
        with source:
            frames = sum(1 for _ in source)
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
        name = f"decoding alone: {source.name}"
        return Timing(name, frames, seconds, {"decode": seconds}, cpu_s)

    def _annotate(self, part: _Part, name: str, *, video_too: bool) -> Timing:
        settings = replace(part.context.settings, video=video_too, overwrite=True)

        def progress_only(event: Event) -> None:
            if isinstance(event, Started | Advanced):
                self._listener(event)

        cpu = time.process_time()
        summary = annotate_video(
            Job(part.file, Outputs.of(self._out / "part")),
            replace(part.context, settings=settings),
            progress_only,
        )
        cpu_s = time.process_time() - cpu
        seconds, counts = summary["seconds"], summary["counts"]
        self.faces = counts["face_rows"] / counts["frames"]
        return Timing(name, counts["frames"], seconds["total"], seconds["by_stage"], cpu_s)


@dataclass(frozen=True)
class _Part:
    """What is measured: a file, and the context with the settings that bound it."""

    file: Path
    context: Context
