"""The observing half of the pipeline, which needs the pixels: frames in, observations out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vidfx.annotation.chunk import Chunk, ScheduledFrame
from vidfx.annotation.models import Models
from vidfx.annotation.reader import READ_QUALITY, Reader, ReadLimits, TrackedFaces
from vidfx.annotation.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.stages.analyze import ReadTask
from vidfx.stages.cuts import MarkedFrame, mark
from vidfx.stages.detection_schedule import DetectionSchedule
from vidfx.stages.engine_faults import EngineFaults
from vidfx.stages.observed import Observations, ObservedFaces, ObservedFrame
from vidfx.stages.read_schedule import (
    EMBEDDING,
    EVERY_DETECTION,
    EXPRESSION,
    IDENTITY,
    ReadRate,
    ReadSchedule,
)
from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.stages.tracking.track import Tracker
from vidfx.types import Frame, VideoInfo

DOUBT_S = 1.0
"""A track that was in doubt will be again, for so long."""


@dataclass(frozen=True)
class _Followed:
    """A chunk whose faces have tracks."""

    chunk: Chunk
    faces: TrackedFaces
    probs: dict[ReadTask, np.ndarray]
    "see Reader.start"


class Observer:
    """Detects, tracks, aligns and classifies the faces of one video."""

    def __init__(
        self,
        info: VideoInfo,
        settings: Settings,
        models: Models,
        timer: StageTimer,
        max_between: int,
    ) -> None:
        """Detections are at most ``max_between`` frames apart."""
        self.info = info
        self.analyzer = models.analyzer()
        self.models = models
        self._draws = settings.video
        self.timer = timer
        self.faults = EngineFaults()
        self.readers: dict[ReadTask, Reader] = {}
        rates: dict[ReadTask, ReadRate] = {
            "identity": IDENTITY,
            "emotion": EXPRESSION,
            "embedding": EMBEDDING,
        }
        for task, rate in rates.items():
            if engine := models.readers().get(task):
                schedule = ReadSchedule(EVERY_DETECTION if settings.read == "every" else rate)
                limits = _limits(task, engine.spec.min_face_px, settings)
                self.readers[task] = Reader(
                    task, engine, schedule, self.faults, info.stretch, limits
                )
        self.chunk = self.analyzer.chunk(info.width, info.height)
        self.detection_schedule = DetectionSchedule(
            settings.every, max_between, checks=models.checker is not None
        )
        self.confirmation = Confirmation.above(models.threshold, settings.every)
        self.tracker = Tracker(threshold=models.threshold, confirmation=self.confirmation)
        self._doubted_s = -math.inf
        "the time of the last frame after which a track was in doubt"
        self.pending: deque[Chunk] = deque()
        "those after the chunk that is being tracked"
        self.followed: deque[_Followed] = deque()
        "those that are tracked and whose faces are being read"

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Observations]:
        """The faces of some frames at a time: found, followed and, some of them, read.

        Drops the pixels.
        """
        marked = mark(self.analyzer.prepare(frames, self.info.colour, self.info.stretch))
        try:
            for chunk in self._chunks(marked):
                self._begin(chunk)
                if len(self.pending) > self.analyzer.max_in_flight:
                    yield from self._next()
            while self.pending:
                yield from self._next()
            while self.followed:
                yield self._observations(self.followed.popleft())
        finally:
            self.analyzer.close()

    def _chunks(self, marked: Iterable[MarkedFrame]) -> Iterator[list[ScheduledFrame]]:
        """Frames to analyse together; chunks end at the same frames wherever reading begins."""
        chunk: list[ScheduledFrame] = []
        for m in marked:
            chunk.append(self._scheduled(m))
            if (m.frame.index + 1) % self.chunk == 0 or len(chunk) == self.chunk:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _scheduled(self, m: MarkedFrame) -> ScheduledFrame:
        time_s = self.info.seconds(m.frame.pts)
        turn = self.detection_schedule.turn(
            m.frame.index, time_s, starts_shot=m.starts_shot, at_shot_edge=m.at_shot_edge
        )
        frame = m.frame.without_pixels(m.frame.device) if turn == "never" else m.frame
        return ScheduledFrame(frame, time_s, m.starts_shot, turn)

    def _begin(self, frames: Sequence[ScheduledFrame]) -> None:
        chunk = Chunk(frames, self.analyzer)
        if self.analyzer.max_in_flight:
            self._detect_on_due(chunk, frames)
        self.pending.append(chunk)

    def _detect_on_due(self, chunk: Chunk, frames: Sequence[ScheduledFrame]) -> None:
        """Start the detector on those of ``frames`` whose turn it is."""
        with self.timer("detect"):
            chunk.detect_on(self._due(frames))

    def _due(self, frames: Iterable[ScheduledFrame]) -> list[ScheduledFrame]:
        return [f for f in frames if self.detection_schedule.is_due(f.turn, f.time_s)]

    def _next(self) -> Iterator[Observations]:
        """Follow the next chunk; the observations of the one before it, if any are read ahead."""
        self.followed.append(self._follow(self.pending.popleft()))
        if len(self.followed) > self.analyzer.reads_ahead:
            yield self._observations(self.followed.popleft())

    def _follow(self, chunk: Chunk) -> _Followed:
        """Track the faces of a chunk, and start to read those that are due."""
        numbers = self._track(chunk)
        analysis = chunk.analysis()
        found = analysis.detections
        self.faults.add("detection", len(chunk.analysed), found.faulty, len(found))
        tracked = np.flatnonzero(numbers >= 0)
        with self.timer("align"):
            quality = analysis.quality(tracked)
        times = {f.frame.index: f.time_s for f in chunk.frames}
        faces = TrackedFaces(analysis, numbers, tracked, quality, times)
        probs: dict[ReadTask, np.ndarray] = {}
        for task, reader in self.readers.items():
            with self.timer(task):
                probs[task] = reader.start(faces)
        return _Followed(chunk, faces, probs)

    def _observations(self, followed: _Followed) -> Observations:
        chunk, faces = followed.chunk, followed.faces
        found = faces.analysis.detections
        for task, reader in self.readers.items():
            with self.timer(task):
                reader.finish(followed.probs[task])
        unread = np.zeros((len(found), 0), np.float32)
        quality = np.zeros((len(found), 3))
        quality[faces.tracked] = faces.quality
        frames = [
            ObservedFrame(
                f.frame.without_pixels(self._to_draw_on(f.frame)),
                f.time_s,
                analysed=f.frame.index in chunk.analysed,
                cut=f.starts_shot,
                checked=self._is_checked(chunk, f),
            )
            for f in chunk.frames
        ]
        return Observations(
            frames,
            ObservedFaces(
                frame=found.frame,
                track=faces.numbers,
                box=found.box,
                score=found.score,
                landmarks=found.landmarks,
                weak=found.score < self.models.threshold,
                quality=quality,
                identity=followed.probs.get("identity", unread),
                emotion=followed.probs.get("emotion", unread),
                embedding=followed.probs.get("embedding", unread),
            ),
        )

    def _to_draw_on(self, frame: Frame) -> object:
        """What to keep of ``frame.device``: all, if the frame is drawn on and has no planes."""
        return frame.device if self._draws and frame.planes is None else None

    def _track(self, chunk: Chunk) -> np.ndarray:
        """(N,) the track number of each detection of the chunk, in frame order; -1 for none.

        Where a track may have been lost, the detector runs on more of the frames that follow,
        those of pending chunks included. So which frames are detected does not depend on the
        length of chunks, nor on how many are pending.
        """
        numbers = [np.zeros(0, np.int64)]
        for place, f in enumerate(chunk.frames, 1):
            if f.starts_shot:
                self.tracker.cut()
            if f.frame.index not in chunk.analysed and not self._detect_from(chunk, place - 1):
                continue
            with self.timer("detect"):
                found = chunk.found_on(f.frame.index)
            check = self._is_checked(chunk, f)
            with self.timer("track"):
                numbers.append(self.tracker.update(f.time_s, found.box, found.score, check=check))
            if self.models.checker and self.tracker.wants_check():
                self._doubted_s = f.time_s
                self._check_next(chunk, place)
            if self.tracker.may_have_lost:
                self.detection_schedule.speed_up(f.time_s)
                if self.analyzer.max_in_flight:
                    self._detect_on_due(chunk, chunk.frames[place:])
                for later in self.pending:
                    self._detect_on_due(later, later.frames)
        return np.concatenate(numbers)

    def _detect_from(self, chunk: Chunk, place: int) -> bool:
        """Run the detector on the frame at ``place`` of the chunk if it is due; whether it is.

        On those after it too, unless a check is likely to take their place.
        """
        due = self._due(chunk.frames[place:])
        if due[:1] != chunk.frames[place : place + 1]:
            return False
        checks = (count for count, f in enumerate(due, 1) if f.turn == "check")
        doubts = due[0].time_s < self._doubted_s + DOUBT_S
        together = 1 if doubts else next(checks, len(due))
        with self.timer("detect"):
            chunk.detect_on(due[:together])
        return True

    def _is_checked(self, chunk: Chunk, f: ScheduledFrame) -> bool:
        return self.models.checker is None or f.frame.index in chunk.checked

    def _check_next(self, chunk: Chunk, place: int) -> None:
        """Check the next frame that is always detected on, after ``place`` frames of the chunk."""
        chunks = [(chunk, chunk.frames[place:]), *((later, later.frames) for later in self.pending)]
        for one, frames in chunks:
            for f in frames:
                if f.turn in ("always", "check"):
                    with self.timer("detect"):
                        one.check(f)
                    return
        self.detection_schedule.check_next()


def _limits(task: ReadTask, own_px: float, settings: Settings) -> ReadLimits:
    """Who faces are is read only of those that reach the limits of the settings. Expressions are
    read below them too, as far as the engine can, so that rows without one have its probabilities.
    """
    asked_px = own_px if settings.min_face is None else settings.min_face
    if task != "emotion":
        return ReadLimits(asked_px, max(READ_QUALITY, settings.min_quality))
    return ReadLimits(min(own_px, asked_px), min(READ_QUALITY, settings.min_quality))
