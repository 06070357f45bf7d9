"""Detection, quality and classification of frames on a device: see vidfx.stages.analyze.

All work is queued on one stream, and only small results are copied to the host: the detector's
outputs, sharpness, probabilities. A copy is there once a later one is, so the host seldom waits.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol, cast

import cv2
import numpy as np
import torch

from vidfx.device import align
from vidfx.device.frames import in_batches, pictures, retained
from vidfx.device.pixels import Pictures
from vidfx.device.transfers import Transfers
from vidfx.stages.align import quality, transforms
from vidfx.stages.analyze import Analysis, ReadTask
from vidfx.stages.classify import prediction
from vidfx.stages.detect import Detector, Letterbox
from vidfx.types import SQUARE, Colour, Detections, Frame, FrameBatch, Prediction, Stretch
from vidfx_engines.base import Engine
from vidfx_engines.spec import EngineSpec

CHUNK_BYTES = 256 << 20
MAX_CHUNK = 64
"""Frames that are analysed together: 64 of 1080p have 199 MB."""
MOST_PIXELS = 64 << 20
"""Of frames that are resized at once, of which four bytes each are needed meanwhile."""


class TensorEngine(Protocol):
    """An engine whose input and outputs are on the device."""

    @property
    def spec(self) -> EngineSpec: ...

    def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
        """Outputs, torch tensors, for pixels (N, 3, H, W) uint8 RGB, N > 0, all on the device.

        Work is queued behind the current stream, which then waits for it; the host does not.
        """
        ...


class ThroughHost:
    """An engine of the host as a TensorEngine: works everywhere, at the price of two copies."""

    def __init__(self, engine: Engine) -> None:
        self.spec = engine.spec
        self._engine = engine

    def run_tensor(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        batch = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return tuple(torch.from_numpy(o).to(pixels.device) for o in self._engine.run(batch))


def tensor_engine(engine: Engine) -> TensorEngine:
    """``engine`` itself if it takes tensors, else ThroughHost."""
    return cast(TensorEngine, engine) if hasattr(engine, "run_tensor") else ThroughHost(engine)


class DeviceAnalyzer:
    """See vidfx.stages.analyze.Analyzer. The host waits once for each call of ``analyze``.

    A call takes the detections of the call before, and with them what was queued earlier: all that
    is known of the faces of the call before that. So every face is read that is found, whether
    the schedule will ask for it or not.
    """

    max_in_flight, reads_ahead = 2, 0

    def __init__(
        self,
        detector: Detector,
        engines: Mapping[ReadTask, Engine],
        device: str,
        checker: Detector | None = None,
    ) -> None:
        self.transfers = Transfers(torch.device(device))
        self.matrix, self.stretch = Colour().matrix, SQUARE
        self.detectors = [(one, tensor_engine(one.engine)) for one in (detector, checker) if one]
        "the first detector and the second one, if there are two"
        self.classifiers = {task: tensor_engine(engine) for task, engine in engines.items()}
        self._latest: DeviceAnalysis | None = None

    def chunk(self, width: int, height: int) -> int:
        return max(1, min(MAX_CHUNK, CHUNK_BYTES // (width * height * 3 // 2 or 1)))

    def retain(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        return retained(frames, self.transfers.device)

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[FrameBatch]:
        self.matrix, self.stretch = colour.matrix, stretch
        return in_batches(frames, colour.matrix)

    def analyze(self, frames: Sequence[Frame], checked: Collection[int] = ()) -> Analysis:
        if not frames:
            return NothingAnalysed(self)
        if self._latest is not None:
            self._latest.take_detections()
        self._latest = DeviceAnalysis(self, frames, checked)
        return self._latest

    def close(self) -> None:
        self._latest = None


class DeviceAnalysis:
    """See vidfx.stages.analyze.Analysis: of at least one frame."""

    def __init__(
        self, by: DeviceAnalyzer, frames: Sequence[Frame], checked: Collection[int]
    ) -> None:
        self._by = by
        self._indices = [frame.index for frame in frames]
        at_check = [frame.index in checked for frame in frames]
        with by.transfers.queue():
            self._pictures = pictures(frames, by.matrix, by.transfers)
            self._runs = [
                _Run(detector, engine, self._pictures, places, by)
                for (detector, engine), second in zip(by.detectors, (False, True), strict=False)
                if (places := [place for place, at in enumerate(at_check) if at == second])
            ]
            packed = torch.cat([one.packed for one in self._runs])
            self._outputs = by.transfers.to_host(packed)
        self._found: Detections | None = None

    @property
    def detections(self) -> Detections:
        return self.take_detections()

    def take_detections(self) -> Detections:
        """Wait for the detector, decode its outputs, and start to measure and read all faces."""
        if self._found is None:
            outputs = np.split(
                self._outputs.numpy(), np.cumsum([len(one.packed) for one in self._runs])[:-1]
            )
            found = [
                one.decoded(self._indices, packed)
                for one, packed in zip(self._runs, outputs, strict=True)
            ]
            self._found = Detections.joined(found)
            if len(self._found):
                with self._by.transfers.queue():
                    self._start_reading(self._found)
        return self._found

    def quality(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.zeros((0, 3))
        found = self.detections
        sharpness = self._read["sharpness"][rows, 0].astype(np.float64)
        return quality(found.box[rows], found.landmarks[rows], sharpness, self._by.stretch)

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        spec, n = self._by.classifiers[task].spec, len(self.detections)
        if not n:
            return lambda: _nothing_read(spec)
        return lambda: prediction(spec, n, rows, self._read[task][rows])

    def _start_reading(self, found: Detections) -> None:
        cut: dict[tuple[str, int], torch.Tensor] = {}

        def faces(template: str, size: int) -> torch.Tensor:
            if (template, size) not in cut:
                cut[template, size] = self._crops(found, template, size)
            return cut[template, size]

        read = {"sharpness": align.sharpness(faces("arcface", 112))[:, None]}
        for task, engine in self._by.classifiers.items():
            assert engine.spec.crop is not None
            crop = engine.spec.crop
            read[task] = engine.run_tensor(faces(crop.template, crop.size))[0].float()
        self._columns = {name: values.shape[1:] for name, values in read.items()}
        self._values = self._by.transfers.to_host(torch.cat(list(read.values()), 1))

    @cached_property
    def _read(self) -> dict[str, np.ndarray]:
        """(N, K) float32 by task, and the sharpness (N, 1); waits for them."""
        parts = _split(self._values.numpy(), list(self._columns.values()))
        return dict(zip(self._columns, parts, strict=True))

    def _crops(self, found: Detections, template: str, size: int) -> torch.Tensor:
        """(N, 3, size, size) uint8: all faces, aligned."""
        to_crop = transforms(found.landmarks, template, size, self._by.stretch)
        inverse = np.stack([cv2.invertAffineTransform(matrix) for matrix in to_crop])
        picture = np.searchsorted(self._indices, found.frame)
        send = self._by.transfers.to_device
        return self._pictures.warped(send(picture), send(inverse), size)


class _Run:
    """A detector's run on some of the pictures; its outputs are still on the device."""

    def __init__(
        self,
        detector: Detector,
        engine: TensorEngine,
        frames: Pictures,
        places: Sequence[int],
        by: DeviceAnalyzer,
    ) -> None:
        """``places`` are those of its pictures among ``frames``, at least one."""
        self._detector, self._places = detector, places
        planes = frames.planes
        if len(places) < len(planes):
            planes = torch.stack([planes[place] for place in places])
        height, width = frames.size
        self._box = Letterbox.fit(width, height, detector.long_side, by.stretch)
        outputs = engine.run_tensor(letterboxed(replace(frames, planes=planes), self._box))
        self._shapes = [output.shape[1:] for output in outputs]
        self.packed = torch.cat([output.flatten(1).float() for output in outputs], 1).flatten()

    def decoded(self, indices: Sequence[int], packed: np.ndarray) -> Detections:
        """The faces; ``indices`` are Frame.index of all pictures, ``packed`` is on the host."""
        arrays = _split(packed.reshape(len(self._places), -1), self._shapes)
        return self._detector.decoded([indices[p] for p in self._places], arrays, self._box)


class NothingAnalysed:
    """See vidfx.stages.analyze.Analysis: of no frames."""

    def __init__(self, by: DeviceAnalyzer) -> None:
        self._by = by
        self.detections = Detections.empty()

    def quality(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros((0, 3))

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        return lambda: _nothing_read(self._by.classifiers[task].spec)


def _nothing_read(spec: EngineSpec) -> Prediction:
    """On no faces."""
    return Prediction(spec.labels, np.zeros((0, len(spec.labels)), np.float32))


def _split(values: np.ndarray, shapes: Sequence[torch.Size]) -> list[np.ndarray]:
    """Parts of the columns of ``values`` (N, ...), each (N, *shape)."""
    parts = np.split(values, np.cumsum([shape.numel() for shape in shapes])[:-1], 1)
    return [part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]


def letterboxed(pictures: Pictures, box: Letterbox) -> torch.Tensor:
    """(N, 3, height, width) uint8: frames resized into the detector's input."""
    planes = pictures.planes
    canvas = planes.new_zeros(len(planes), 3, box.height, box.width)
    height, width = pictures.size
    at_once = max(1, MOST_PIXELS // (height * width))
    for part, place in zip(planes.split(at_once), canvas.split(at_once), strict=True):
        small = replace(pictures, planes=part).shrunk(box.inner_height, box.inner_width)
        place[:, :, : box.inner_height, : box.inner_width] = small
    return canvas
