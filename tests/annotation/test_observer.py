"""Which frames are detected and which faces are read depends on the video and its times only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.settled_frames import frame_by_frame
from vidfx.annotation.models import Models
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.segments.plan import least_warmup
from vidfx.annotation.stage_timer import StageTimer
from vidfx.annotation.threads import QUEUE_BYTES, queue_length
from vidfx.config import Settings
from vidfx.stages.analyze import HostAnalyzer
from vidfx.stages.cuts import AHEAD, BATCH
from vidfx.stages.settled import Settled
from vidfx.types import SQUARE, Detections, Frame, Stretch, VideoInfo
from vidfx.video.container.cutting import WARMUP_S
from vidfx_engines.backends.fake import FakeEngine, brightness_classifier
from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec

RATE = 30
LENGTH = 240
MARKS = np.array([[15, 15], [45, 15], [30, 30], [18, 45], [42, 45]], np.float32)
CHUNKS = (1, 7, 16, 64)
PENDING = (0, 1, 4)


class MovingFaces:
    """Finds two faces: one moves slowly, the other jumps for some seconds of the video."""

    def __init__(self) -> None:
        self.analysed: list[int] = []

    def __call__(
        self, frames: Sequence[Frame], matrix: int = 2, stretch: Stretch = SQUARE, *_: object
    ) -> Detections:
        indices = [frame.index for frame in frames]
        self.analysed += indices
        corners = [c for i in indices for c in ((10 + i / 4, 10), (100 + _jump(i), 120))]
        corner = np.array(corners, np.float32).reshape(-1, 2)
        return Detections(
            np.repeat(np.array(indices, np.int64), 2),
            np.concatenate([corner, corner + 60], 1),
            np.full(len(corner), 0.9, np.float32),
            corner[:, None] + MARKS,
        )


def _jump(index: int) -> float:
    """Too far for a track at five detections a second, twice in the video."""
    return 100.0 * (index // 3 % 5) if index in range(40, 70) or index in range(151, 190) else 0.0


def identity() -> FakeEngine:
    """Undecided on dark faces."""

    def probabilities(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        first = np.where(batch.reshape(len(batch), -1).mean(1) < 128, 0.55, 0.95)
        return (np.stack([first, 1 - first], 1),)

    spec = EngineSpec(
        name="who",
        task="identity",
        weights="none.onnx",
        sha256="0" * 64,
        labels=("ann", "bea"),
        input=InputSpec("crops", dtype="uint8", size=112),
        outputs=("probabilities",),
        licence="Apache-2.0",
        training_data="none",
        crop=CropSpec("arcface", 112),
    )
    return FakeEngine(spec, probabilities)


NOISE = np.random.default_rng(0).integers(-30, 30, (240, 640, 1))


def picture(index: int) -> np.ndarray:
    """Noise that becomes brighter and darker slowly, with a cut at frame 100."""
    grey = 100 + 60 * np.sin(index / 20) if index < 100 else 200 - 60 * np.sin(index / 15)
    tint = np.array([0, 0, 0] if index < 100 else [55, -80, -80])
    return np.clip(round(grey) + NOISE + tint, 0, 255).astype(np.uint8)


@cache
def frames() -> list[Frame]:
    return [Frame(i, round(i * 1000 / RATE), picture(i)) for i in range(LENGTH)]


def pipeline(
    every: int = 0, threads: int = 1, **settings: Any
) -> tuple[Pipeline, MovingFaces, FakeEngine]:
    info = VideoInfo(
        path=Path("clip.mp4"),
        width=640,
        height=240,
        time_base=Fraction(1, 1000),
        start_pts=0,
        frame_rate=Fraction(RATE),
        n_frames=LENGTH,
        duration_s=LENGTH / RATE,
        rotation=0,
        codec="h264",
        pixel_format="yuv420p",
        has_audio=False,
    )
    faces, who = MovingFaces(), identity()
    models = Models(cast(Any, faces), 0.5, who, brightness_classifier(), (), threads=threads)
    return Pipeline(info, Settings(every=every, **settings), models, StageTimer()), faces, who


class Checker:
    """Finds the slow face of MovingFaces, another one, which MovingFaces never finds, and not the
    face that jumps."""

    def __init__(self) -> None:
        self.analysed: list[int] = []

    def __call__(self, frames: Sequence[Frame], *_: object) -> Detections:
        indices = [frame.index for frame in frames]
        self.analysed += indices
        corners = [c for i in indices for c in ((10 + i / 4, 10), (400, 100 + i / 8))]
        corner = np.array(corners, np.float32).reshape(-1, 2)
        return Detections(
            np.repeat(np.array(indices, np.int64), 2),
            np.concatenate([corner, corner + 60], 1),
            np.full(len(corner), 0.8, np.float32),
            corner[:, None] + MARKS,
        )


def checked_pipeline(chunk: int = 1, pending: int = 0) -> tuple[Pipeline, MovingFaces, Checker]:
    plain, faces, _ = pipeline()
    checker = Checker()
    models = replace(plain.models, checker=cast(Any, checker))
    made = Pipeline(plain.observe.info, Settings(), models, StageTimer())
    made.observe.chunk, made.observe.analyzer.max_in_flight = chunk, pending  # type: ignore[misc]
    return made, faces, checker


Rows = list[tuple[Any, ...]]


def rows(results: Iterable[Settled]) -> Rows:
    """Everything that is known of each face of each frame."""
    return [
        (
            *(r.frame.index, r.analysed, r.cut, face.track_id, face.source, face.score),
            *(face.box.tolist(), face.quality, face.identity, face.emotion),
            *(face.raw_identity, face.raw_emotion),
        )
        for r in frame_by_frame(results)
        for face in r.faces
    ]


@pytest.fixture(scope="module")
def expected() -> Callable[[int], Rows]:
    """Rows of chunks of one frame, with none pending: each decision sees all frames before."""
    known: dict[int, Rows] = {}

    def of(every: int) -> Rows:
        if every not in known:
            made, faces, who = pipeline(every)
            made.observe.chunk, made.observe.analyzer.max_in_flight = 1, 0  # type: ignore[misc]
            known[every] = rows(made(frames()))
            assert len(faces.analysed) == len(set(faces.analysed))
            assert 0 < sum(who.sizes) < len(known[every]), "some faces are read, not all"
        return known[every]

    return of


@pytest.mark.parametrize("pending", PENDING)
@pytest.mark.parametrize("chunk", CHUNKS)
def test_rows_depend_on_neither_chunks_nor_looking_ahead(
    expected: Callable[[int], Rows], chunk: int, pending: int
) -> None:
    made, faces, _ = pipeline()
    made.observe.chunk, made.observe.analyzer.max_in_flight = chunk, pending  # type: ignore[misc]
    made.observe.analyzer.reads_ahead = min(1, pending)  # type: ignore[misc]
    assert rows(made(frames())) == expected(0)
    assert len(faces.analysed) == len(set(faces.analysed))


@pytest.mark.parametrize("every", [0, 1])
def test_every_face_that_is_detected_can_be_read(every: int) -> None:
    made, _, who = pipeline(every, read="every")
    found = [row for row in rows(made(frames())) if row[4] != "interpolated"]
    assert all(raw is not None for row in found for raw in row[-2:])
    assert sum(who.sizes) == len(found)


@pytest.mark.parametrize("limits", [{"min_face": 61.0}, {"min_quality": 1.0}])
def test_faces_below_the_limits_have_probabilities_and_count_for_no_name(
    limits: dict[str, Any],
) -> None:
    made, _, who = pipeline(**limits)
    found = rows(made(frames()))
    assert not who.sizes and all(row[8] is None and row[10] is None for row in found)
    assert any(row[11] is not None for row in found), "the expression is read"


def test_more_frames_are_detected_right_after_a_face_was_lost() -> None:
    made, _, _ = pipeline()
    analysed = [r.frame.index for r in frame_by_frame(made(frames())) if r.analysed]
    usual = {*range(0, LENGTH, 6), 99, 100, LENGTH - 1}
    more = sorted(set(analysed) - usual)
    assert set(range(0, LENGTH, 6)) <= set(analysed)
    assert more[0] == 44 and more[1:3] == [46, 50]


@pytest.fixture(scope="module")
def checked_rows() -> Rows:
    made, _, _ = checked_pipeline()
    return rows(made(frames()))


@pytest.mark.parametrize("pending", PENDING)
@pytest.mark.parametrize("chunk", CHUNKS)
def test_rows_of_two_detectors_depend_on_neither_chunks_nor_looking_ahead(
    checked_rows: Rows, chunk: int, pending: int
) -> None:
    made, faces, checker = checked_pipeline(chunk, pending)
    assert rows(made(frames())) == checked_rows
    assert len(checker.analysed) == len(set(checker.analysed))
    if not pending:
        in_vain = set(faces.analysed) & set(checker.analysed)
        assert len(in_vain) <= 1 + chunk // 6, "those of the chunk where doubt first arises"


def test_the_second_detector_decides_what_is_a_face_and_finds_what_the_first_misses() -> None:
    made, faces, checker = checked_pipeline()
    results = list(frame_by_frame(made(frames())))
    lefts = [[round(face.box[0]) for face in r.faces] for r in results]
    without = [i for i, some in enumerate(lefts) if 400 not in some]
    assert without == [97, 98, 99], "the first detector ran on the last frame before the cut"
    assert all(any(left < 100 for left in some) for some in lefts)
    assert not any(100 <= left < 400 for some in lefts for left in some)
    analysed = {r.frame.index for r in results if r.analysed}
    assert set(checker.analysed) <= analysed and len(checker.analysed) < 0.7 * len(analysed)
    assert set(faces.analysed) | set(checker.analysed) == analysed


class Hovering:
    """Finds faces whose scores are around the threshold and change from frame to frame."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._score = rng.uniform(0.46, 0.7, (LONG, len(LEFTS))).astype(np.float32)
        there = np.random.default_rng(0).random((LONG // 100, len(LEFTS))) < 0.7
        self._seen = np.repeat(there, 100, axis=0)

    def __call__(self, frames: Sequence[Frame], *_: object) -> Detections:
        indices = np.array([frame.index for frame in frames], np.int64)
        rows, faces = np.nonzero(self._seen[indices])
        corner = np.stack([LEFTS[faces], np.full(len(faces), 50)], 1).astype(np.float32)
        return Detections(
            indices[rows],
            np.concatenate([corner, corner + 40], 1),
            self._score[indices[rows], faces],
            corner[:, None] + MARKS * 2 / 3,
        )


LONG = 1800
LEFTS = np.array([10, 80, 150, 220])


@pytest.mark.parametrize("every", [0, 30])
def test_segments_are_observed_like_the_whole_video(every: int) -> None:
    plain, _, _ = pipeline()
    first, second = cast(Any, Hovering(3)), cast(Any, Hovering(4))
    models = replace(plain.models, detector=first, checker=second, identity=None, emotion=None)
    grey = np.full((64, 64, 3), 128, np.uint8)

    def observed(start: int, stop: int) -> list[tuple[Any, ...]]:
        made = Pipeline(plain.observe.info, Settings(every=every), models, StageTimer())
        some = (Frame(i, round(i * 1000 / RATE), grey) for i in range(start, stop))
        return [
            (
                f.frame.index,
                f.analysed,
                f.checked,
                o.faces.score[o.faces.frame == f.frame.index].tolist(),
            )
            for o in made.observe(some)
            for f in o.frames
        ]

    whole = observed(0, LONG)
    warmup = max(round(WARMUP_S * RATE), least_warmup(every))
    for begin in range(413, LONG, 431):
        end = min(begin + 400, LONG - 4)
        part = observed(begin - warmup, end + 4)
        assert part[warmup : warmup + end - begin] == whole[begin:end]


def threads_of_analyzers() -> list[str]:
    names = ("detect", "read", "pictures")
    return [t.name for t in threading.enumerate() if t.name.startswith(names)]


@pytest.mark.parametrize("every", [0, 1])
@pytest.mark.parametrize("threads", [2, 4, 16])
def test_rows_do_not_depend_on_the_number_of_cores(
    expected: Callable[[int], Rows], threads: int, every: int
) -> None:
    made, faces, _ = pipeline(every, threads)
    results = made(frames())
    first = next(results)
    assert bool(threads_of_analyzers()) == (threads > 2)
    assert rows([first, *results]) == expected(every)
    assert len(faces.analysed) == len(set(faces.analysed))
    assert not threads_of_analyzers()


@pytest.mark.parametrize("threads", [1, 16])
@pytest.mark.parametrize("task", ["detection", "identity"])
def test_an_error_of_an_engine_in_a_thread_is_raised(task: str, threads: int) -> None:
    made, faces, who = pipeline(threads=threads)
    if task == "identity":
        who.close()
    else:
        found = faces.__call__

        def failing(frames: Sequence[Frame], *_: object) -> Detections:
            if frames and frames[-1].index > 100:
                raise EngineRunError("the detector fails")
            return found(frames)

        made.observe.analyzer.detector = cast(Any, failing)  # type: ignore[attr-defined]
    with pytest.raises(EngineRunError, match="closed" if who.closed else "the detector fails"):
        list(made(frames()))
    assert not threads_of_analyzers()


def test_threads_end_when_nobody_wants_more_results() -> None:
    made, _, _ = pipeline(threads=16)
    observations = made.observe(frames())
    next(observations)
    assert threads_of_analyzers()
    cast(Any, observations).close()
    assert not threads_of_analyzers()


@pytest.mark.parametrize("threads", [1, 16])
def test_frames_that_are_looked_ahead_at_are_bounded(threads: int) -> None:
    made, _, _ = pipeline(threads=threads)
    observe, taken, done, ahead = made.observe, 0, 0, 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames():
            taken += 1
            yield frame

    for some in observe(counted()):
        ahead = max(ahead, taken - done)
        done += len(some.frames)
    chunks = 1 + observe.analyzer.max_in_flight + observe.analyzer.reads_ahead
    searched_for_cuts = (1 + AHEAD) * BATCH + 2
    assert ahead <= chunks * observe.chunk + searched_for_cuts


def test_frames_on_which_the_detector_never_runs_keep_no_pixels() -> None:
    made, _, _ = pipeline()
    seen: list[Frame] = []
    analyze = made.observe.analyzer.analyze

    def noting(wanted: Sequence[Frame], *rest: Any) -> Any:
        seen.extend(f.frame for chunk in made.observe.pending for f in chunk.frames)
        return analyze(wanted, *rest)

    made.observe.analyzer.max_in_flight = 2  # type: ignore[misc]
    made.observe.analyzer.analyze = noting  # type: ignore[method-assign]
    list(made.observe(frames()))
    odd = {frame.index for frame in seen if frame.index % 2 and frame.rgb.size}
    assert seen and odd == {99}, "the last one of a shot"


def test_a_face_is_cut_once_for_each_template() -> None:
    """That of its quality is also read by an engine with the same template and size."""
    made, _, _ = pipeline()
    analyzer = made.observe.analyzer
    assert isinstance(analyzer, HostAnalyzer)
    cut: list[int] = []

    def counted(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
        places = list(items)
        cut.extend(places)
        return map(function, places)

    analyzer.each = counted
    analysis = analyzer.analyze(frames()[:2])
    analysis.quality(np.array([0, 2]))
    assert analysis.read("identity", np.array([0, 2]))().labels and cut == [0, 1]
    analysis.read("identity", np.array([1, 2]))()
    assert cut == [0, 1, 0]


@pytest.mark.parametrize("threads", [1, 16])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 720), (1920, 1080)])
def test_the_queue_before_the_analysis_holds_a_chunk(width: int, height: int, threads: int) -> None:
    made, _, _ = pipeline(threads=threads)
    info = replace(made.observe.info, width=width, height=height)
    chunk = made.observe.analyzer.chunk(width, height)
    length, planes = queue_length(info, chunk), width * height * 3 // 2
    assert min(chunk, QUEUE_BYTES // planes) <= length <= 2 * chunk
    assert length * planes <= QUEUE_BYTES
