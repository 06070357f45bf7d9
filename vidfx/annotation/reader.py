"""Reads the faces of the tracks of one video, each as often as its schedule says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vidfx.stages.align import shorter_side
from vidfx.stages.analyze import Analysis, ReadTask
from vidfx.stages.classify import columns
from vidfx.stages.engine_faults import EngineFaults
from vidfx.stages.read_schedule import ReadSchedule
from vidfx.types import Prediction, Stretch
from vidfx_engines.base import Engine

READ_QUALITY = 0.03
"""Faces below this quality (turned away, blurred) are followed but not read, unless asked for."""


@dataclass(frozen=True)
class ReadLimits:
    """What a face must reach to be read."""

    face_px: float
    "shorter side of the box"
    quality: float


@dataclass(frozen=True)
class TrackedFaces:
    """The faces of a chunk, with what decides which of them are read."""

    analysis: Analysis
    numbers: np.ndarray
    "(N,) the track of each detection, -1 for none"
    tracked: np.ndarray
    "(T,) the rows of the detections with a track"
    quality: np.ndarray
    "(T, 3) of those: see vidfx.stages.align.quality"
    times: Mapping[int, float]
    "playback seconds by Frame.index"


class Reader:
    """Reads faces with one engine. Results may come later, while further chunks are tracked."""

    def __init__(
        self,
        task: ReadTask,
        engine: Engine,
        schedule: ReadSchedule,
        faults: EngineFaults,
        stretch: Stretch,
        limits: ReadLimits,
    ) -> None:
        self._task: ReadTask = task
        self._engine, self._schedule = engine, schedule
        self._faults, self._stretch, self._limits = faults, stretch, limits
        self._columns = columns(engine)
        self._started: deque[_Started] = deque()

    def start(self, faces: TrackedFaces) -> np.ndarray:
        """Start to read the faces that are good and large enough and whose track is due.

        Returns their probabilities or embeddings, (N, K) by row of the detections, NaN for other
        faces; they are not complete before ``finish``. Raises EngineError.
        """
        found = faces.analysis.detections
        sides = shorter_side(found.box[faces.tracked], self._stretch)
        quality = faces.quality.prod(1)
        clear = (quality >= self._limits.quality) & (sides >= self._limits.face_px)
        rows: list[int] = faces.tracked[clear].tolist()
        prob = np.full((len(found), self._columns), np.nan, np.float32)
        due: list[int] = []
        for row in rows:
            track, time_s = int(faces.numbers[row]), faces.times[int(found.frame[row])]
            if self._schedule.needs_result(track, time_s):
                self._start(faces, due, prob)
                due = []
                while self._started:
                    self._settle(self._started.popleft())
            if self._schedule.start_if_due(track, time_s):
                due.append(row)
        self._start(faces, due, prob)
        return prob

    def finish(self, prob: np.ndarray) -> None:
        """Wait until ``prob`` is complete. Raises EngineError."""
        while any(started.prob is prob for started in self._started):
            self._settle(self._started.popleft())

    def _start(self, faces: TrackedFaces, due: list[int], prob: np.ndarray) -> None:
        if due:
            result = faces.analysis.read(self._task, np.array(due))
            self._started.append(_Started(due, faces.numbers[due].tolist(), prob, result))

    def _settle(self, started: _Started) -> None:
        rows = started.rows
        read = started.prob[rows] = started.result().prob[rows]
        for track, one in zip(started.tracks, read, strict=True):
            self._schedule.add_result(track, one)
        unread = int(np.isnan(read[:, 0]).sum())
        self._faults.add(self._task, len(rows), unread, len(rows) - unread)


@dataclass(frozen=True)
class _Started:
    rows: list[int]
    tracks: list[int]
    prob: np.ndarray
    "where the result goes"
    result: Callable[[], Prediction]
