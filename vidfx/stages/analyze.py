"""What is seen in some frames: the one seam between the pipeline and where pixels live.

The pipeline decides which frames are looked at and which faces are read; an Analyzer knows how,
on the memory that its frames are in. This module has the one for the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import numpy as np

from vidfx.stages import align, classify
from vidfx.stages.cuts import thumbnail
from vidfx.stages.detect import Detector
from vidfx.types import (
    SQUARE,
    Colour,
    Detections,
    FaceBatch,
    Frame,
    Prediction,
    Quality,
    Stretch,
)
from vidfx_engines.base import Engine

Reads = Literal["identity", "emotion"]


class Analysis(Protocol):
    """The faces of some frames; what is not known yet is worked out, or waited for, when asked."""

    @property
    def detections(self) -> Detections:
        """All faces, in frame order. Raises EngineError, as the methods do."""
        ...

    def quality(self, rows: np.ndarray) -> list[Quality]:
        """Of the given rows of ``detections``."""
        ...

    def read(self, task: Reads, rows: np.ndarray) -> Prediction:
        """What the classifier says of the given rows; NaN for all others."""
        ...


class Analyzer(Protocol):
    """Looks at frames of one video."""

    @property
    def ahead(self) -> int:
        """How many calls of ``analyze`` may be under way before the first one's result is used."""
        ...

    def keep(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames as they come from a decoder, in its thread, so that they may outlast it."""
        ...

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[Frame]:
        """Kept frames where ``analyze`` wants them; it is called once."""
        ...

    def thumbnail(self, frame: Frame) -> np.ndarray:
        """(32, 32, 3) float32 RGB 0..255, on the CPU."""
        ...

    def analyze(self, frames: Sequence[Frame]) -> Analysis:
        """Look for faces in ``frames``, which are all of one size."""
        ...


class HostAnalyzer:
    """See Analyzer: NumPy and OpenCV on frames in memory."""

    ahead = 0

    def __init__(self, detector: Detector, engines: dict[Reads, Engine]) -> None:
        self.detector = detector
        self.engines = engines
        self.matrix, self.stretch = Colour().matrix, SQUARE

    def keep(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        return iter(frames)

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[Frame]:
        self.matrix, self.stretch = colour.matrix, stretch
        return iter(frames)

    def thumbnail(self, frame: Frame) -> np.ndarray:
        return thumbnail(frame, self.matrix)

    def analyze(self, frames: Sequence[Frame]) -> HostAnalysis:
        return HostAnalysis(self, frames)


class HostAnalysis:
    """See Analysis."""

    def __init__(self, by: HostAnalyzer, frames: Sequence[Frame]) -> None:
        self._by = by
        self._frames = frames
        self.detections = by.detector(frames, by.matrix, by.stretch)

    def quality(self, rows: np.ndarray) -> list[Quality]:
        faces = self._faces(rows, "arcface", 112)
        found = self.detections
        return [
            align.quality(
                found.box[row], found.landmarks[row], align.sharpness(crop), self._by.stretch
            )
            for row, crop in zip(faces.row.tolist(), faces.crops, strict=True)
        ]

    def read(self, task: Reads, rows: np.ndarray) -> Prediction:
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
