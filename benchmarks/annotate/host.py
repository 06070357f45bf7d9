"""``python -m benchmarks host``: what the host does for each frame, in ms of one core.

Decoding, encoding and inference are replaced: a reader gives the same planes of 1080p again and
again, and the fake engine answers detections that move smoothly, expressions and identities. All
else is vidfx's own: observer, look-ahead, rows and tally, the painter. The CPU time of the process
is counted; the reader's own is measured alone and subtracted. "no pixels" is without resizing,
thumbnails and crops, which a GPU does where there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks.measure import machine, table
from benchmarks.saved import Row, add_option, show
from vidfx.annotation.context import Context
from vidfx.annotation.drawing.frame_labels import labels_of
from vidfx.annotation.models import WEAK, Models
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.result_files import ResultFiles
from vidfx.annotation.stage_timer import StageTimer
from vidfx.annotation.video_work import VideoWork
from vidfx.config import Settings
from vidfx.jobs.plan import Job, Outputs
from vidfx.messages import DEFAULT_MESSAGES
from vidfx.overlay.painter import Painter
from vidfx.schema import DEFAULT_EMOTIONS
from vidfx.stages.analyze import Analyzer
from vidfx.stages.detect import Detector
from vidfx.types import Colour, Frame, VideoInfo
from vidfx_engines.backends.fake import FakeEngine
from vidfx_engines.spec import OTHER, STRIDES, CropSpec, EngineSpec, EngineTask, InputSpec

WIDTH, HEIGHT, RATE = 1920, 1080, 30
FACES = (1, 6, 24)
PICTURES = 32
"""Canned planes of 3 MB each: more than the caches hold, as with frames of a decoder."""
COLUMNS, CELL, SIDE, SWING = 6, 100, 56, 8
"""Of the grid of faces, in px of the detector's input, but for the first."""
MARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) * SIDE
NAMES = (OTHER, "Ana", "Ben")
THRESHOLD = 0.5


def info() -> VideoInfo:
    return VideoInfo(
        path=Path("canned"),
        width=WIDTH,
        height=HEIGHT,
        time_base=Fraction(1, 15360),
        start_pts=0,
        frame_rate=Fraction(RATE),
        n_frames=None,
        duration_s=None,
        rotation=0,
        codec="none",
        pixel_format="yuv420p",
        has_audio=False,
        colour=Colour(1, 1, 1),
    )


def pictures() -> list[np.ndarray]:
    """Planes of one scene with a little noise, so that no shot ends and every face is sharp."""
    rng = np.random.default_rng(0)
    scene = rng.integers(60, 180, (HEIGHT * 3 // 2, WIDTH), np.uint8)
    return [scene + rng.integers(0, 4, (1, WIDTH), np.uint8) for _ in range(PICTURES)]


def reader(planes: Sequence[np.ndarray], count: int) -> Iterator[Frame]:
    """``count`` frames with ``planes`` in turn; drawing goes onto what was drawn before."""
    no_pixels = np.empty((0, 0, 3), np.uint8)
    for index in range(count):
        yield Frame(index, index * 15360 // RATE, no_pixels, planes[index % len(planes)])


def detector(faces: int) -> FakeEngine:
    """A SCRFD that finds ``faces``, each on a small circle, one step on with each picture."""
    face = np.arange(faces)
    places = np.stack([face % COLUMNS, face // COLUMNS], 1) * CELL + SWING + 4.0
    seen = 0

    def function(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        nonlocal seen
        count, height, width = batch.shape[:3]
        cells = [(height // stride) * (width // stride) for stride in STRIDES]
        outputs = [np.zeros((count, n, k), np.float32) for k in (1, 4, 10) for n in cells]
        scores, sides, marks = outputs[0], outputs[3], outputs[6]
        anchors = np.stack([face, np.zeros(faces)], 1) * STRIDES[0]  # cells of the first row
        for picture in range(count):
            angle = 0.4 * seen + face
            corner = places + SWING * np.stack([np.cos(angle), np.sin(angle)], 1)
            scores[picture, :faces, 0] = 0.8 + 0.1 * np.sin(angle)
            sides[picture, :faces, :2] = anchors - corner
            sides[picture, :faces, 2:] = corner + SIDE - anchors
            points = corner[:, None] + MARKS - anchors[:, None]
            marks[picture, :faces] = points.reshape(faces, 10)
            seen += 1
        sides /= STRIDES[0]
        marks /= STRIDES[0]
        return tuple(outputs)

    names = tuple(f"{kind}{stride}" for kind in ("score", "side", "mark") for stride in STRIDES)
    return FakeEngine(_spec("detection", (), names), function)


def classifier(task: EngineTask, labels: tuple[str, ...], size: int) -> FakeEngine:
    """Gives each face a label by its place in the batch, and others after every 20 calls."""
    likely = np.full((len(labels), len(labels)), 0.1 / (len(labels) - 1), np.float32)
    np.fill_diagonal(likely, 0.9)
    calls = 0

    def function(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        nonlocal calls
        calls += 1
        return (likely[(np.arange(len(batch)) + calls // 20) % len(labels)],)

    return FakeEngine(_spec(task, labels, ("probabilities",), size), function)


def _spec(
    task: EngineTask, labels: tuple[str, ...], outputs: tuple[str, ...], size: int | None = None
) -> EngineSpec:
    return EngineSpec(
        name=f"canned-{task}",
        task=task,
        weights="none.onnx",
        sha256="0" * 64,
        labels=labels,
        input=InputSpec("pixels", dtype="uint8", size=size),
        outputs=outputs,
        licence="Apache-2.0",
        training_data="none",
        crop=CropSpec("arcface", size) if size else None,
        family=None if size else "scrfd",
    )


class CpuTimer(StageTimer):
    """Counts the CPU time of the process instead of the seconds."""

    @contextmanager
    def __call__(self, stage: str) -> Generator[None]:
        started = time.process_time()
        try:
            yield
        finally:
            self.merge({stage: time.process_time() - started})


class TimedCalls:
    """Another object; its methods and their answers are timed as the stage "pixels"."""

    def __init__(self, inner: object, timer: StageTimer) -> None:
        self._inner, self._timer = inner, timer

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def timed(*args: object) -> object:
            with self._timer("pixels"):
                answer = found(*args)
            if isinstance(answer, Iterator):
                return self._timer.each("pixels", cast("Iterator[object]", answer))
            return TimedCalls(answer, self._timer) if name == "analyze" else answer

        return timed


@dataclass(frozen=True)
class CannedModels(Models):
    """Fake engines; ``pixels`` times what is done with pixels: resizing, thumbnails and crops."""

    pixels: CpuTimer = field(default_factory=CpuTimer)

    @classmethod
    def of(cls, faces: int) -> CannedModels:
        finder = Detector(detector(faces), threshold=WEAK * THRESHOLD, long_side=640)
        identity = classifier("identity", NAMES, 112)
        emotion = classifier("emotion", DEFAULT_EMOTIONS, 112)
        return cls(finder, THRESHOLD, identity, emotion, selections=())

    def analyzer(self) -> Analyzer:
        return cast(Analyzer, TimedCalls(super().analyzer(), self.pixels))


def annotate(
    frames: Iterable[Frame], faces: int, folder: Path, *, draw: bool
) -> tuple[dict[str, float], float]:
    """All stages on ``frames``, and rows in ``folder``; CPU seconds by stage, and of pixels."""
    models = CannedModels.of(faces)
    context = Context(Settings(video=False), DEFAULT_MESSAGES, models)
    job = Job(Path("canned"), Outputs.of(folder / "canned"))
    work = VideoWork(job, info(), context, lambda _: None, timer=CpuTimer())
    painter = Painter(WIDTH, HEIGHT, matrix=work.info.colour.matrix, messages=context.messages)
    pipeline = Pipeline(work.info, context.settings, models, work.timer)
    with ResultFiles(work) as files:
        for settled in pipeline(frames):
            for one, found in settled.each() if draw else ():
                assert one.frame.planes is not None
                with work.timer("draw"):
                    painter.paint(one.frame.planes, labels_of(found, context.looks), one.time_s)
            files.add(settled)
        counts = files.tally.counts()
        files.complete(None)
        files.publish({"counts": counts})
    if counts["face_rows"] != faces * counts["frames"] or counts["cuts"]:
        raise SystemExit(f"benchmarks: not {faces} faces on every frame: {counts}")
    return work.timer.by_stage(), models.pixels.by_stage()["pixels"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks host")
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    if min(args.frames, args.turns) < 1:
        parser.error("--frames and --turns are 1 or more")
    facts, planes = machine(), pictures()
    cases = [(faces, draw) for draw in (False, True) for faces in FACES]
    cost: dict[str, list[float]] = {}
    stages: dict[str, dict[str, float]] = {}
    started = time.process_time()
    for _ in reader(planes, args.frames):
        pass
    floor_s = time.process_time() - started
    with tempfile.TemporaryDirectory(prefix="vidfx-bench-") as folder:
        annotate(reader(planes, 60), 6, Path(folder), draw=True)  # fills caches
        for turn in range(args.turns):
            print(f"turn {turn + 1} of {args.turns}", file=sys.stderr)
            for faces, draw in cases:
                started = time.process_time()
                by_stage, pixels = annotate(
                    reader(planes, args.frames), faces, Path(folder), draw=draw
                )
                total = time.process_time() - started - floor_s
                by_stage["other"] = total - sum(by_stage.values())
                name = f"{faces} face{'s' * (faces > 1)}{', drawing' * draw}"
                cost.setdefault(name, []).append(1e3 * total / args.frames)
                if not draw:
                    without = f"{name}, no pixels"
                    cost.setdefault(without, []).append(1e3 * (total - pixels) / args.frames)
                stages[name] = {k: 1e3 * v / args.frames for k, v in by_stage.items()}
    rows = [Row(name, "CPU ms/frame", tuple(taken), "less") for name, taken in cost.items()]
    about = (
        f"{args.frames} frames of {WIDTH}x{HEIGHT}, every stage but decoding, encoding, inference"
    )
    show("host", about, rows, facts, args.save, [_by_stage(stages), _floor(floor_s, args.frames)])


def _by_stage(stages: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(n for some in stages.values() for n in some))
    cells = [[name, *(f"{some.get(n, 0):.3f}" for n in names)] for name, some in stages.items()]
    return "\nms a frame by stage, last turn:\n\n" + table(["", *names], cells)


def _floor(seconds: float, frames: int) -> str:
    return f"\nThe reader alone, which is subtracted: {1e3 * seconds / frames:.4f} ms a frame"


if __name__ == "__main__":
    main()
