"""The stages in a row: frames of one video in, settled frames out.

In two halves: ``observe`` needs the pixels, ``settle`` only what was seen in them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vidfx.annotate.models import Models
from vidfx.annotate.observations import NO_PIXELS, FrameObservations
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.stages.align import shorter_side
from vidfx.stages.analyze import Analysis, ReadTask
from vidfx.stages.cuts import MarkedFrame, mark
from vidfx.stages.decide import (
    DEFAULT_THRESHOLDS,
    ExpressionSmoother,
    IdentityDecider,
    IdentityThresholds,
)
from vidfx.stages.detection_schedule import DetectionSchedule
from vidfx.stages.engine_faults import EngineFaults
from vidfx.stages.look_ahead import Confirmation, FaceObservation, LookAheadBuffer
from vidfx.stages.read_schedule import EXPRESSION, IDENTITY, ReadSchedule
from vidfx.stages.track import Tracker
from vidfx.types import Detections, Frame, FrameResult, Prediction, Quality, VideoInfo
from vidfx_engines.base import Engine

CHUNK_BYTES = 48 << 20
MAX_CHUNK = 16
QUEUE_BYTES = 96 << 20
MAX_QUEUE = 2 * MAX_CHUNK
LOOK_AHEAD_BYTES = 96 << 20
LEAST_LOOK_AHEAD, MOST_LOOK_AHEAD = 8, 512
"""Frames: whatever their size, and however fast they come."""
TYPICAL_EVERY = 5
"""Frames from detection to detection, where those go by time."""
MIN_QUALITY = 0.03
"""Faces worse than this (turned away, a smear) are followed but not read."""


class Pipeline:
    """Detect, track, align, classify and smooth the frames of one video."""

    def __init__(
        self, info: VideoInfo, settings: Settings, models: Models, timer: StageTimer
    ) -> None:
        self.info = info
        self.analyzer = models.analyzer()
        self.models = models
        self.timer = timer
        self.faults = EngineFaults()
        self.read_schedules: dict[ReadTask, ReadSchedule] = {
            "identity": ReadSchedule(IDENTITY),
            "emotion": ReadSchedule(EXPRESSION),
        }
        area = info.width * info.height
        self.chunk = max(1, min(MAX_CHUNK, CHUNK_BYTES // (area * 3 or 1)))
        affordable = LOOK_AHEAD_BYTES // (area * 3 // 2 or 1)
        most = max(LEAST_LOOK_AHEAD, min(MOST_LOOK_AHEAD, affordable))
        self.detection_schedule = DetectionSchedule(settings.every, most)
        self.tracker = Tracker(threshold=models.threshold)
        self.look_ahead = LookAheadBuffer(
            max_waiting=max(most, settings.every + 1),
            confirmation=Confirmation.above(models.threshold, settings.every or TYPICAL_EVERY),
            emotion=self._smoother if models.emotion else None,
            identity=self._decider if models.identity else None,
        )

    def _smoother(self) -> ExpressionSmoother:
        assert self.models.emotion is not None
        return ExpressionSmoother(self.models.emotion.spec.labels)

    def _decider(self) -> IdentityDecider:
        assert self.models.identity is not None
        spec = self.models.identity.spec
        thresholds = spec.thresholds
        return IdentityDecider(
            spec.labels,
            IdentityThresholds(thresholds.accept, thresholds.reject)
            if thresholds
            else DEFAULT_THRESHOLDS,
        )

    def __call__(self, frames: Iterable[Frame]) -> Iterator[FrameResult]:
        """Settled results, a frame each, in order; frames give up their pixels on the way."""
        return self.settle(self.observe(frames))

    def observe(self, frames: Iterable[Frame]) -> Iterator[FrameObservations]:
        """What is seen on each frame: faces found, followed and, some of them, read."""
        prepared = self.analyzer.prepare(frames, self.info.colour, self.info.stretch)
        marked = mark(prepared, self.analyzer.thumbnail)
        pending: deque[tuple[list[MarkedFrame], set[int], Analysis]] = deque()
        for chunk in self._chunks(marked):
            due = [
                self.detection_schedule(m.frame.index, self.info.seconds(m.frame.pts))
                for m in chunk
            ]
            analysed = [
                m.frame for m, is_due in zip(chunk, due, strict=True) if is_due or m.at_shot_edge
            ]
            with self.timer("detect"):
                analysis = self.analyzer.analyze(analysed)
            pending.append((chunk, {frame.index for frame in analysed}, analysis))
            if len(pending) > self.analyzer.max_in_flight:
                yield from self._step(*pending.popleft())
        for step in pending:
            yield from self._step(*step)

    def _chunks(self, marked: Iterable[MarkedFrame]) -> Iterator[list[MarkedFrame]]:
        """Frames that are analysed together: the same ones wherever the reading began."""
        chunk: list[MarkedFrame] = []
        for m in marked:
            chunk.append(m)
            if (m.frame.index + 1) % self.chunk == 0 or len(chunk) == self.chunk:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def settle(self, observed: Iterable[FrameObservations]) -> Iterator[FrameResult]:
        """What is believed of each frame, once enough of its future has been seen."""
        for one in observed:
            with self.timer("smooth"):
                settled = self.look_ahead.push(
                    one.frame, one.time_s, one.sightings, analysed=one.analysed, cut=one.cut
                )
            yield from settled
        yield from self.look_ahead.flush()

    def _step(
        self, chunk: Sequence[MarkedFrame], analysed: set[int], analysis: Analysis
    ) -> Iterator[FrameObservations]:
        with self.timer("detect"):
            found = analysis.detections
        self.faults.add("detection", len(analysed), found.faulty, len(found))
        with self.timer("track"):
            numbers = self._track(chunk, analysed, found)
            tracked = np.flatnonzero(numbers >= 0)
        with self.timer("align"):
            qualities = dict(zip(tracked.tolist(), analysis.quality(tracked), strict=True))
        times = {m.frame.index: self.info.seconds(m.frame.pts) for m in chunk}
        seen = analysis, numbers, qualities, times
        with self.timer("identity"):
            identity = self._read("identity", self.models.identity, *seen)
        with self.timer("emotion"):
            emotion = self._read("emotion", self.models.emotion, *seen)
        for m in chunk:
            time_s = times[m.frame.index]
            with self.timer("smooth"):
                sightings = {
                    int(numbers[row]): FaceObservation(
                        index=m.frame.index,
                        time_s=time_s,
                        box=found.box[row],
                        score=float(found.score[row]),
                        landmarks=found.landmarks[row],
                        source="detected"
                        if found.score[row] >= self.models.threshold
                        else "tracked",
                        quality=qualities[row],
                        identity=_row(identity, row),
                        emotion=_row(emotion, row),
                    )
                    for row in tracked[found.frame[tracked] == m.frame.index].tolist()
                }
            yield FrameObservations(
                replace(m.frame, pixels=NO_PIXELS, lent=None, device=None),
                time_s,
                sightings,
                analysed=m.frame.index in analysed,
                cut=m.starts_shot,
            )

    def _track(
        self, chunk: Sequence[MarkedFrame], analysed: set[int], found: Detections
    ) -> np.ndarray:
        """The number of the track that each detection belongs to, -1 for none."""
        numbers = np.full(len(found), -1, np.int64)
        for m in chunk:
            if m.starts_shot:
                self.tracker.cut()
            if m.frame.index in analysed:
                rows = np.flatnonzero(found.frame == m.frame.index)
                time_s = self.info.seconds(m.frame.pts)
                numbers[rows] = self.tracker.update(time_s, found.box[rows], found.score[rows])
                if self.tracker.may_have_lost:
                    self.detection_schedule.speed_up(time_s)
        return numbers

    def _read(
        self,
        task: ReadTask,
        engine: Engine | None,
        analysis: Analysis,
        numbers: np.ndarray,
        qualities: Mapping[int, Quality],
        times: Mapping[int, float],
    ) -> Prediction | None:
        """Read the faces that are good and large enough, and of a track whose turn it is."""
        if engine is None:
            return None
        schedule, found = self.read_schedules[task], analysis.detections
        sides = shorter_side(found.box, self.info.stretch)
        rows = [
            row
            for row, quality in qualities.items()
            if quality.value >= MIN_QUALITY
            and sides[row] >= engine.spec.min_face_px
            and schedule.start_if_due(int(numbers[row]), times[int(found.frame[row])])
        ]
        prediction = analysis.read(task, np.array(rows, int))
        for row in rows:
            schedule.add_result(int(numbers[row]), prediction.prob[row])
        unread = int(np.isnan(prediction.prob[rows, 0]).sum())
        self.faults.add(task, len(rows), unread, len(rows) - unread)
        return prediction


def _row(prediction: Prediction | None, row: int) -> np.ndarray | None:
    if prediction is None or np.isnan(prediction.prob[row, 0]):
        return None
    return prediction.prob[row]


def queue_length(info: VideoInfo) -> int:
    """Frames that may wait between two threads.

    Less than a chunk, and one thread would always wait for another.
    """
    return max(2, min(MAX_QUEUE, QUEUE_BYTES // (info.width * info.height * 3)))
