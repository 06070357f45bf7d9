"""The protocols of engines and backends, and checks of their inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from vidfx_engines.device import Device
from vidfx_engines.errors import EngineRunError
from vidfx_engines.spec import EngineSpec

Precision = Literal["auto", "f32", "bf16"]
CHUNK = 8
"""Crops per call: on two cores, 8 are 30 % faster than 1, and 32 another 4 %."""
PIXELS = "vidfx_pixels"
"""The name of the input that graph/input.py adds in front of a model's own."""
STRIDE = 32
"""A detector's sides are multiples of this."""


class Engine(Protocol):
    """Loaded weights. One thread at a time may call ``run``."""

    @property
    def spec(self) -> EngineSpec: ...

    @property
    def backend(self) -> str:
        """The name of the backend, e.g. "openvino"."""
        ...

    @property
    def device(self) -> Device:
        """Where it runs; a GPU with its name."""
        ...

    @property
    def precision(self) -> str:
        """The precision of the arithmetic: f32, f16, bf16 or int8."""
        ...

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Outputs in the order of ``spec.outputs``, float32, each with N rows.

        ``batch`` is (N, H, W, 3) uint8 RGB, N >= 0: crops of side ``spec.input.size``, or frames
        whose sides are multiples of 32. The arrays returned are the caller's own.
        Raises EngineRunError.
        """
        ...

    def close(self) -> None:
        """Release the memory; may be called twice."""
        ...


@runtime_checkable
class PreparesShapes(Protocol):
    """An engine for which the first batch of each shape takes much longer than the next ones."""

    def prepare(self, height: int, width: int) -> None:
        """Do in a thread what the first batch of pictures of this size would have to wait for.

        Classifiers use their own crop size. Returns at once; the next run waits for it, and raises
        what it raised. Like ``run``, not to be called while another thread runs the engine.
        """
        ...


@dataclass(frozen=True)
class Running:
    """Where and how an engine is to run."""

    device: Device
    threads: int | None = None
    "of the CPU; None: one per core"
    precision: Precision = "auto"
    "of the arithmetic; auto: the fastest that keeps the results"


class Backend(Protocol):
    """A library that runs weights. Its module must not import the library when imported."""

    @property
    def name(self) -> str: ...

    @property
    def install(self) -> str:
        """The command that installs it."""
        ...

    def supports(self, spec: EngineSpec, device: Device) -> str | None:
        """The reason why it cannot run ``spec`` on ``device``; None if it can."""
        ...

    def load(self, spec: EngineSpec, folder: Path, how: Running) -> Engine:
        """Load the engine; its weights are in ``folder`` and are checked against the spec.

        Raises EngineFileError for bad files, EngineUnavailable where it cannot run them.
        """
        ...


def device_text(engine: Engine) -> str:
    """Where it runs and what it computes in, for people: "CUDA:0 (NVIDIA L4), f16"."""
    return f"{engine.device.label}, {engine.precision}"


def check_batch(spec: EngineSpec, batch: np.ndarray) -> np.ndarray:
    """``batch``, contiguous. Raises EngineRunError where it does not fit ``spec``."""
    if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[3] != 3:
        raise EngineRunError(
            f"{spec.name}: takes (N, H, W, 3) uint8, was given {batch.shape} {batch.dtype}"
        )
    height, width = batch.shape[1:3]
    side = spec.input.size
    if side is not None and (height, width) != (side, side):
        raise EngineRunError(
            f"{spec.name}: takes crops of {side}x{side} px, was given {width}x{height}"
        )
    if side is None and (height % STRIDE or width % STRIDE or not height * width):
        raise EngineRunError(
            f"{spec.name}: takes sides that are multiples of {STRIDE}, was given {width}x{height}"
        )
    return np.ascontiguousarray(batch)


def empty_outputs(shapes: Sequence[Sequence[int | None]]) -> tuple[np.ndarray, ...]:
    """Outputs for a batch of 0 pictures; ``shapes`` of the outputs, None for variable sides."""
    return tuple(np.zeros((0, *(side or 0 for side in s[1:])), np.float32) for s in shapes)


def check_outputs(spec: EngineSpec, outputs: Sequence[np.ndarray], n: int) -> None:
    """Raises EngineRunError unless outputs have ``n`` rows, and one column per label."""
    for name, output in zip(spec.outputs, outputs, strict=True):
        columns_agree = not spec.labels or output.shape[1:] == (len(spec.labels),)
        if output.ndim < 2 or output.shape[0] != n or not columns_agree:
            raise EngineRunError(
                f"{spec.name}: output {name} has shape {output.shape}"
                f" for {n} pictures and {len(spec.labels)} labels"
            )
