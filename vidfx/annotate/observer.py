"""The observing half of the pipeline, which needs the pixels: frames in, observations out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from vidfx.annotate.models import Models
from vidfx.annotate.observations import NO_PIXELS, FrameObservations
from vidfx.annotate.stage_timer import StageTimer
from vidfx.config import Settings
from vidfx.stages.align import shorter_side
from vidfx.stages.analyze import MAX_CHUNK, Analysis, ReadTask
from vidfx.stages.cuts import MarkedFrame, mark
from vidfx.stages.detection_schedule import DetectionSchedule
from vidfx.stages.engine_faults import EngineFaults
from vidfx.stages.look_ahead import FaceObservation
from vidfx.stages.read_schedule import EXPRESSION, IDENTITY, ReadSchedule
from vidfx.stages.track import Tracker
from vidfx.types import Detections, Frame, Prediction, Quality, VideoInfo
from vidfx_engines.base import Engine

QUEUE_BYTES = 96 << 20
MAX_QUEUE = 2 * MAX_CHUNK
MIN_QUALITY = 0.03
"""Faces below this quality (turned away, blurred) are followed but not read."""


@dataclass(frozen=True)
class _Chunk:
    """Frames of which some are being analysed together."""

    frames: list[MarkedFrame]
    analysed: frozenset[int]
    "Frame.index of those on which the detector runs"
    analysis: Analysis


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
        self.timer = timer
        self.faults = EngineFaults()
        self.read_schedules: dict[ReadTask, ReadSchedule] = {
            "identity": ReadSchedule(IDENTITY),
            "emotion": ReadSchedule(EXPRESSION),
        }
        self.chunk = self.analyzer.chunk(info.width, info.height)
        self.detection_schedule = DetectionSchedule(settings.every, max_between)
        self.tracker = Tracker(threshold=models.threshold)

    def __call__(self, frames: Iterable[Frame]) -> Iterator[FrameObservations]:
        """The faces of each frame: found, followed and, some of them, read. Drops the pixels."""
        marked = mark(self.analyzer.prepare(frames, self.info.colour, self.info.stretch))
        pending: deque[_Chunk] = deque()
        for chunk in self._chunks(marked):
            pending.append(self._analyse(chunk))
            if len(pending) > self.analyzer.max_in_flight:
                yield from self._observe(pending.popleft())
        for chunk in pending:
            yield from self._observe(chunk)

    def _chunks(self, marked: Iterable[MarkedFrame]) -> Iterator[list[MarkedFrame]]:
        """Frames to analyse together; chunks end at the same frames wherever reading begins."""
        chunk: list[MarkedFrame] = []
        for m in marked:
            chunk.append(m)
            if (m.frame.index + 1) % self.chunk == 0 or len(chunk) == self.chunk:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _analyse(self, frames: list[MarkedFrame]) -> _Chunk:
        """Start the detector on the frames whose turn it is."""
        due = [
            self.detection_schedule(m.frame.index, self.info.seconds(m.frame.pts)) for m in frames
        ]
        analysed = [
            m.frame for m, is_due in zip(frames, due, strict=True) if is_due or m.at_shot_edge
        ]
        with self.timer("detect"):
            analysis = self.analyzer.analyze(analysed)
        return _Chunk(frames, frozenset(frame.index for frame in analysed), analysis)

    def _observe(self, chunk: _Chunk) -> Iterator[FrameObservations]:
        with self.timer("detect"):
            found = chunk.analysis.detections
        self.faults.add("detection", len(chunk.analysed), found.faulty, len(found))
        with self.timer("track"):
            numbers = self._track(chunk, found)
            tracked = np.flatnonzero(numbers >= 0)
        with self.timer("align"):
            rated = chunk.analysis.quality(tracked).tolist()
        qualities = {
            row: Quality(*parts) for row, parts in zip(tracked.tolist(), rated, strict=True)
        }
        times = {m.frame.index: self.info.seconds(m.frame.pts) for m in chunk.frames}
        faces = chunk.analysis, numbers, qualities, times
        with self.timer("identity"):
            identity = self._read("identity", self.models.identity, *faces)
        with self.timer("emotion"):
            emotion = self._read("emotion", self.models.emotion, *faces)
        for m in chunk.frames:
            time_s = times[m.frame.index]
            with self.timer("smooth"):
                observed = {
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
                        identity=_probabilities(identity, row),
                        emotion=_probabilities(emotion, row),
                    )
                    for row in tracked[found.frame[tracked] == m.frame.index].tolist()
                }
            yield FrameObservations(
                replace(m.frame, pixels=NO_PIXELS, lent=None, device=None),
                time_s,
                observed,
                analysed=m.frame.index in chunk.analysed,
                cut=m.starts_shot,
            )

    def _track(self, chunk: _Chunk, found: Detections) -> np.ndarray:
        """(N,) the track number of each detection, -1 for none."""
        numbers = np.full(len(found), -1, np.int64)
        for m in chunk.frames:
            if m.starts_shot:
                self.tracker.cut()
            if m.frame.index in chunk.analysed:
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
        """Read the faces that are good and large enough and whose track is due to be read."""
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


def _probabilities(prediction: Prediction | None, row: int) -> np.ndarray | None:
    """(K,) those of one face, None if it was not read."""
    if prediction is None or np.isnan(prediction.prob[row, 0]):
        return None
    return prediction.prob[row]


def queue_length(info: VideoInfo) -> int:
    """How many frames may wait between two threads: at least a chunk, if memory allows.

    With less than a chunk one thread would always wait for the other.
    """
    return max(2, min(MAX_QUEUE, QUEUE_BYTES // (info.width * info.height * 3)))
