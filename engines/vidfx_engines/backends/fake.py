"""An engine for tests, without an inference library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vidfx_engines.base import check_batch
from vidfx_engines.device import CPU
from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec


class FakeEngine:
    """An Engine that computes ``function``: uint8 (N, H, W, 3) to a tuple of arrays."""

    backend = "fake"
    device = CPU
    precision = "f32"

    def __init__(
        self, spec: EngineSpec, function: Callable[[np.ndarray], tuple[np.ndarray, ...]]
    ) -> None:
        self.spec = spec
        self.function = function
        self.sizes: list[int] = []
        "N of every call so far"
        self.closed = False

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        if self.closed:
            raise EngineRunError(f"{self.spec.name}: closed")
        batch = check_batch(self.spec, batch)
        self.sizes.append(len(batch))
        return tuple(np.asarray(output, np.float32) for output in self.function(batch))

    def close(self) -> None:
        self.closed = True


def brightness_classifier(
    labels: tuple[str, ...] = ("dark", "bright"), *, size: int = 112
) -> FakeEngine:
    """An emotion engine that classifies brightness: the brighter the crop, the later the label.

    Probabilities decrease with the distance of the crop's mean from the label's grey level.
    """
    greys = np.linspace(0.0, 255.0, len(labels))

    def function(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        mean = batch.reshape(len(batch), -1).mean(axis=1) if len(batch) else np.zeros(0)
        score = np.exp(-np.abs(mean[:, None] - greys) / 32)
        return (score / score.sum(axis=1, keepdims=True),)

    spec = EngineSpec(
        name="brightness",
        task="emotion",
        weights="none.onnx",
        sha256="0" * 64,
        labels=labels,
        input=InputSpec("crops", dtype="uint8", size=size),
        outputs=("probabilities",),
        licence="Apache-2.0",
        training_data="none",
        crop=CropSpec("arcface", size),
    )
    return FakeEngine(spec, function)
