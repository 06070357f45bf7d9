"""Detection, quality and classification of frames on a device: see vidfx.stages.analyze.

The detector runs in a thread of its own, a chunk of frames ahead of the tracker. Only small results
are copied to the host: boxes, sharpness, probabilities.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, cast

import numpy as np
import torch

from vidfx.device import align, detector_heads
from vidfx.device.frames import DeviceFrame, on_device, retained
from vidfx.device.resize import resize, to_bytes
from vidfx.stages.align import quality, transforms
from vidfx.stages.analyze import CHUNK_BYTES, MAX_CHUNK, Analysis, ReadTask
from vidfx.stages.classify import prediction
from vidfx.stages.detect import Detector, Letterbox
from vidfx.types import SQUARE, Colour, Detections, Frame, FrameBatch, Prediction, Stretch
from vidfx_engines.base import Engine
from vidfx_engines.spec import EngineSpec


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
    """See vidfx.stages.analyze.Analyzer."""

    max_in_flight, reads_ahead = 1, 0

    def __init__(self, detector: Detector, engines: Mapping[ReadTask, Engine], device: str) -> None:
        self.detector = detector
        self.device = torch.device(device)
        self.stretch = SQUARE
        self.tensor_detector = tensor_engine(detector.engine)
        self.classifiers = {task: tensor_engine(engine) for task, engine in engines.items()}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detect")
        self._stream = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None

    def chunk(self, width: int, height: int) -> int:
        return max(1, min(MAX_CHUNK, CHUNK_BYTES // (width * height * 3 or 1)))

    def retain(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        return retained(frames, self.device)

    def prepare(
        self, frames: Iterable[Frame], colour: Colour, stretch: Stretch = SQUARE
    ) -> Iterator[FrameBatch]:
        self.stretch = stretch
        return on_device(frames, self.device, colour)

    def analyze(self, frames: Sequence[Frame]) -> Analysis:
        return DeviceAnalysis(self, frames)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def submit(self, frames: Sequence[Frame], pixels: torch.Tensor) -> Future[Detections]:
        return self._thread.submit(self._detect, frames, pixels)

    def _detect(self, frames: Sequence[Frame], pixels: torch.Tensor) -> Detections:
        with torch.inference_mode(), torch.cuda.stream(self._stream):  # None: no stream
            height, width = pixels.shape[2:]
            box = Letterbox.fit(width, height, self.detector.long_side, self.stretch)
            found, faulty = detector_heads.faces(
                self.detector.head.family,
                self.tensor_detector.run_tensor(letterboxed(pixels, box)),
                (box.height, box.width),
                self.detector.threshold,
            )
            scales = torch.tensor(box.scales, dtype=torch.double, device=found.box.device)
            packed = torch.cat(
                [
                    found.picture[:, None].double(),
                    (found.box.double().view(-1, 2, 2) / scales).flatten(1),
                    found.score[:, None].double(),
                    (found.landmarks.double() / scales).flatten(1),
                ],
                1,
            )
            tail = faulty.double().expand(1, packed.shape[1])
            output = torch.cat([packed, tail]).cpu().numpy()  # the one wait of a chunk
        rows = output[:-1]
        index = np.array([frame.index for frame in frames], np.int64)
        return Detections(
            index[rows[:, 0].astype(np.int64)],
            rows[:, 1:5].astype(np.float32),
            rows[:, 5].astype(np.float32),
            rows[:, 6:].astype(np.float32).reshape(-1, 5, 2),
            int(output[-1, 0]),
        )


class DeviceAnalysis:
    """See vidfx.stages.analyze.Analysis."""

    def __init__(self, by: DeviceAnalyzer, frames: Sequence[Frame]) -> None:
        self._by = by
        self._place = {frame.index: place for place, frame in enumerate(frames)}
        self._found: Future[Detections] | None = None
        if frames:
            self._pixels = torch.stack([_pixels_of(frame).pixels for frame in frames])
            self._found = by.submit(frames, self._pixels)

    @property
    def detections(self) -> Detections:
        return Detections.empty() if self._found is None else self._found.result()

    def quality(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.zeros((0, 3))
        with torch.inference_mode():
            sharp = align.sharpness(self._faces(rows, "arcface", 112)).double().cpu().numpy()
        box, landmarks = self.detections.box[rows], self.detections.landmarks[rows]
        return quality(box, landmarks, sharp, self._by.stretch)

    def read(self, task: ReadTask, rows: np.ndarray) -> Callable[[], Prediction]:
        engine, n_rows = self._by.classifiers[task], len(self.detections)
        crop = engine.spec.crop
        assert crop is not None
        output: torch.Tensor | None = None
        if len(rows):
            with torch.inference_mode():
                faces = self._faces(rows, crop.template, crop.size)
                output = engine.run_tensor(faces)[0].float()

        def wait() -> Prediction:
            prob = None if output is None else output.cpu().numpy()
            return prediction(engine.spec.labels, n_rows, rows, prob)

        return wait

    def _faces(self, rows: np.ndarray, template: str, size: int) -> torch.Tensor:
        found = self.detections
        matrices = transforms(found.landmarks[rows], template, size, self._by.stretch)
        places = [self._place[index] for index in found.frame[rows].tolist()]
        picture = torch.tensor(places, device=self._by.device)
        return align.crops(self._pixels, picture, torch.from_numpy(matrices), size)


def letterboxed(pixels: torch.Tensor, box: Letterbox) -> torch.Tensor:
    """(N, 3, H, W) uint8 resized into the detector's input, (N, 3, height, width) uint8."""
    canvas = pixels.new_zeros(len(pixels), 3, box.height, box.width)
    method = "area" if box.shrinks else "linear"
    inner = resize(pixels, box.inner_height, box.inner_width, method)
    canvas[:, :, : box.inner_height, : box.inner_width] = to_bytes(inner)
    return canvas


def _pixels_of(frame: Frame) -> DeviceFrame:
    assert isinstance(frame.device, DeviceFrame)
    return frame.device
