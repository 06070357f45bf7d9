"""Detection, quality and classification behind one interface, for frames in any memory.

The pipeline decides on which frames faces are detected and which faces are read; an Analyzer does
it, where the frames are. HostAnalyzer is for the CPU, vidfx.device.analyze has the one for GPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import numpy as np

from vidfx.stages import align, classify
from vidfx.stages.cuts import with_thumbnails
from vidfx.stages.detect import Detector
from vidfx.types import (
    SQUARE,
    Colour,
    Detections,
    FaceBatch,
    Frame,
    FrameBatch,
    Prediction,
    Stretch,
)
from vidfx_engines.base import Engine

ReadTask = Literal["identity", "emotion"]
CHUNK_BYTES = 48 << 20
MAX_CHUNK = 16
"""Frames that are analysed together."""


class Analysis(Protocol):
    """The faces of some frames. Each method may compute, or wait for a computation in progress."""

    @property
    def detections(self) -> Detections:
        """All faces, in frame order. Raises EngineError; so do the methods."""
        ...

    def quality(self, rows: np.ndarray) -> np.ndarray:
        """(N, 3) quality of the given rows of ``detections``: see ``align.quality``."""
        ...

    def read(self, task: ReadTask, rows: np.ndarray) -> Prediction:
        """Probabilities for the given rows of ``detections``; NaN for others, and if invalid."""
        ...


class Analyzer(Protocol):
    """Analyses the frames of one video: ``retain``, then ``prepare``, then ``analyze``."""

    @property
    def max_in_flight(self) -> int:
        """How many results of ``analyze`` may be pending before the next call of it."""
        ...

    def chunk(self, width: int, height: int) -> int:
        """How many frames of this size are analysed together."""
        ...

    def retain(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames of a decoder, in its thread, with pixels that stay valid."""
        ...

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[FrameBatch]:
        """Retained frames, moved to where ``analyze`` needs them. Called once for a video."""
        ...

    def analyze(self, frames: Sequence[Frame]) -> Analysis:
        """Start to detect faces in ``frames``, which are all of one size."""
        ...


class HostAnalyzer:
    """See Analyzer: NumPy and OpenCV on frames in memory."""

    max_in_flight = 0

    def __init__(self, detector: Detector, engines: dict[ReadTask, Engine]) -> None:
        self.detector = detector
        self.engines = engines
        self.matrix, self.stretch = Colour().matrix, SQUARE

    def chunk(self, width: int, height: int) -> int:
        return max(1, min(MAX_CHUNK, CHUNK_BYTES // (width * height * 3 or 1)))

    def retain(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        return iter(frames)

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[FrameBatch]:
        self.matrix, self.stretch = colour.matrix, stretch
        return with_thumbnails(frames, colour.matrix)

    def analyze(self, frames: Sequence[Frame]) -> HostAnalysis:
        return HostAnalysis(self, frames)


class HostAnalysis:
    """See Analysis."""

    def __init__(self, by: HostAnalyzer, frames: Sequence[Frame]) -> None:
        self._by = by
        self._frames = frames
        self.detections = by.detector(frames, by.matrix, by.stretch)

    def quality(self, rows: np.ndarray) -> np.ndarray:
        faces = self._faces(rows, "arcface", 112)
        sharp = np.array([align.sharpness(crop) for crop in faces.crops])
        box, landmarks = self.detections.box[rows], self.detections.landmarks[rows]
        return align.quality(box, landmarks, sharp, self._by.stretch)

    def read(self, task: ReadTask, rows: np.ndarray) -> Prediction:
        engine = self._by.engines[task]
        crop = engine.spec.crop
        assert crop is not None
        faces = self._faces(rows, crop.template, crop.size)
        return classify.predict(engine, faces, len(self.detections))

    def _faces(self, rows: np.ndarray, template: str, size: int) -> FaceBatch:
        by = self._by
        return classify.gather(
            self._frames, by.matrix, self.detections, rows, template, size, by.stretch
        )
