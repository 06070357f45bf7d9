"""Detection, quality and classification behind one interface, for frames in any memory.

The pipeline decides on which frames faces are detected and which faces are read; an Analyzer does
it, where the frames are. HostAnalyzer is for the CPU, vidfx.device.analyze has the one for GPUs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal, Protocol

import numpy as np

from vidfx.stages import align, classify
from vidfx.stages.cuts import with_thumbnails
from vidfx.stages.detect import Detector
from vidfx.stages.each import Each, in_turn, started
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
from vidfx_engines.cores import LOOK_AHEAD_CORES

ReadTask = Literal["identity", "emotion", "embedding"]
CHUNK_BYTES = 48 << 20
"""Of planes: 16 frames of 1080p."""
MAX_CHUNK = 16
"""Frames that are analysed together on few cores."""
AHEAD_CHUNK_BYTES = 96 << 20
MAX_AHEAD_CHUNK = 32
"""Six pictures for the detector at 30 frames a second, which many cores run at once."""
DETECTED_AHEAD = 2
"""Chunks: the pictures of one are resized or decoded while the detector runs on the other's."""
MOST_PICTURES = 4
"""Threads that resize, cut and decode: at 800 frames a second they have work for two cores."""


class Analysis(Protocol):
    """The faces of some frames. Each method may compute, or wait for a computation in progress."""

    @property
    def detections(self) -> Detections:
        """All faces, in frame order. Raises EngineError; so do the methods."""
        ...

    def quality(self, rows: np.ndarray) -> np.ndarray:
        """(N, 3) quality of the given rows of ``detections``: see ``align.quality``."""
        ...

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        """Start to read the given rows of ``detections``; returns a function that waits.

        It returns probabilities, or embeddings; NaN for other rows and if invalid.
        """
        ...


class Analyzer(Protocol):
    """Analyses the frames of one video: ``retain``, then ``prepare``, then ``analyze``."""

    @property
    def max_in_flight(self) -> int:
        """How many results of ``analyze`` may be pending before the next call of it."""
        ...

    @property
    def reads_ahead(self) -> int:
        """How many chunks may be read while the next one is tracked."""
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

    def analyze(self, frames: Sequence[Frame], checked: Collection[int] = ()) -> Analysis:
        """Start to detect faces in ``frames``, which are all of one size.

        ``checked`` has the Frame.index of those for the second detector.
        """
        ...

    def close(self) -> None:
        """Cancel what is pending and wait for what is running; nothing is analysed after it."""
        ...


class HostAnalyzer:
    """See Analyzer: NumPy and OpenCV on frames in memory.

    On few cores everything is done when it is asked for, in the thread that asks. Decoder and
    encoder keep such a machine busy, and small chunks stay in the caches. On more cores threads
    detect some chunks ahead and read one behind, while the thread that asks tracks.
    """

    def __init__(
        self,
        detector: Detector,
        engines: dict[ReadTask, Engine],
        threads: int = 1,
        checker: Detector | None = None,
    ) -> None:
        """``threads``: the cores that this video may use; ``checker``: the second detector."""
        self.detector = detector
        self.checker = checker
        self.engines = engines
        self.matrix, self.stretch = Colour().matrix, SQUARE
        self.max_in_flight = self.reads_ahead = 0
        self.each: Each = in_turn
        self._chunk_bytes, self._max_chunk = CHUNK_BYTES, MAX_CHUNK
        self._detecting = self._reading = self._pictures = None
        if threads >= LOOK_AHEAD_CORES:
            self.max_in_flight, self.reads_ahead = DETECTED_AHEAD, 1
            self._chunk_bytes, self._max_chunk = AHEAD_CHUNK_BYTES, MAX_AHEAD_CHUNK
            self._detecting = ThreadPoolExecutor(DETECTED_AHEAD, "detect")
            self._reading = ThreadPoolExecutor(1, "read")
            self._pictures = ThreadPoolExecutor(min(MOST_PICTURES, threads // 2), "pictures")
            self.each = self._pictures.map

    def chunk(self, width: int, height: int) -> int:
        return max(1, min(self._max_chunk, self._chunk_bytes // (width * height * 3 // 2 or 1)))

    def retain(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        return iter(frames)

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[FrameBatch]:
        self.matrix, self.stretch = colour.matrix, stretch
        return with_thumbnails(frames, colour.matrix, self._pictures)

    def analyze(self, frames: Sequence[Frame], checked: Collection[int] = ()) -> HostAnalysis:
        detect = partial(self._detect, frames, checked)
        return HostAnalysis(self, frames, started(detect, self._detecting))

    def _detect(self, frames: Sequence[Frame], checked: Collection[int]) -> Detections:
        shared = self.matrix, self.stretch, self.each
        found = self.detector([f for f in frames if f.index not in checked], *shared)
        if not (self.checker and checked):
            return found
        at_check = self.checker([f for f in frames if f.index in checked], *shared)
        return Detections.joined([found, at_check])

    def read(
        self, engine: Engine, crops: Callable[[], FaceBatch], n: int
    ) -> Callable[[], Prediction]:
        """Start to classify the ``crops`` of some of ``n`` faces."""
        return started(lambda: classify.predict(engine, crops(), n), self._reading)

    def close(self) -> None:
        for threads in (self._detecting, self._reading, self._pictures):
            if threads:
                threads.shutdown(cancel_futures=True)


class HostAnalysis:
    """See Analysis."""

    def __init__(
        self, by: HostAnalyzer, frames: Sequence[Frame], detect: Callable[[], Detections]
    ) -> None:
        self._by = by
        self._frames = frames
        self._detect = detect
        self._cut: dict[tuple[str, int], dict[int, np.ndarray]] = {}
        "crops by template and size, then by row of ``detections``"

    @property
    def detections(self) -> Detections:
        return self._detect()

    def quality(self, rows: np.ndarray) -> np.ndarray:
        faces = self._faces(rows, "arcface", 112)
        sharp = np.array([align.sharpness(crop) for crop in faces.crops])
        box, landmarks = self.detections.box[rows], self.detections.landmarks[rows]
        return align.quality(box, landmarks, sharp, self._by.stretch)

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        engine = self._by.engines[task]
        crop = engine.spec.crop
        assert crop is not None
        crops = partial(self._faces, rows, crop.template, crop.size)
        return self._by.read(engine, crops, len(self.detections))

    def _faces(self, rows: np.ndarray, template: str, size: int) -> FaceBatch:
        """Aligned crops; those that were cut before are not cut again."""
        by, cut = self._by, self._cut.setdefault((template, size), {})
        missing = np.array([row for row in rows.tolist() if row not in cut], np.int64)
        if len(missing):
            found, stretch = self.detections, by.stretch
            faces = classify.gather(
                self._frames, by.matrix, found, missing, template, size, stretch, by.each
            )
            cut.update(zip(faces.row.tolist(), faces.crops, strict=True))
        crops = np.array([cut[row] for row in rows.tolist()], np.uint8)
        return FaceBatch(rows, crops.reshape(-1, size, size, 3))
