"""Consecutive frames of a video, whose faces are detected together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from vidfx.stages.analyze import Analysis, Analyzer
from vidfx.stages.detection_schedule import Turn
from vidfx.stages.joined_analysis import joined
from vidfx.types import Detections, Frame


@dataclass(frozen=True)
class ScheduledFrame:
    """A frame, its time, its place in its shot, and when the detector runs on it."""

    frame: Frame
    time_s: float
    starts_shot: bool
    turn: Turn


class Chunk:
    """Frames on some of which faces are detected, rarely in more than one call."""

    def __init__(self, frames: Sequence[ScheduledFrame], analyzer: Analyzer) -> None:
        self.frames = frames
        self.checked = {f.frame.index for f in frames if f.turn == "check"}
        "Frame.index of those for the second detector"
        self._analyzer = analyzer
        self._analyses: list[Analysis] = []
        self._analysis_of: dict[int, Analysis] = {}
        "by Frame.index; the last one where there are two"

    def detect_on(self, frames: Collection[ScheduledFrame]) -> None:
        """Start to detect faces on ``frames`` of this chunk, except where that was done already."""
        new = [f.frame for f in frames if f.frame.index not in self._analysis_of]
        if new:
            self._analyze(new)

    def check(self, f: ScheduledFrame) -> None:
        """Have the second detector find the faces of one of the frames, not the first."""
        if f.frame.index not in self.checked:
            self.checked.add(f.frame.index)
            self._analyze([f.frame])

    def _analyze(self, frames: Sequence[Frame]) -> None:
        analysis = self._analyzer.analyze(frames, self.checked)
        self._analyses.append(analysis)
        self._analysis_of.update(dict.fromkeys((frame.index for frame in frames), analysis))

    @property
    def analysed(self) -> Collection[int]:
        """Frame.index of those on which a detector runs."""
        return self._analysis_of.keys()

    def found_on(self, index: int) -> Detections:
        """The faces of one of the analysed frames; waits for them."""
        found = self._analysis_of[index].detections
        return found.rows(np.flatnonzero(found.frame == index))

    def analysis(self) -> Analysis:
        """The faces of all analysed frames, in frame order; waits for them."""
        if not self._analyses:
            self._analyze([])
        frames = [
            [index for index, latest in self._analysis_of.items() if latest is one]
            for one in self._analyses
        ]
        return joined(self._analyses, frames)
