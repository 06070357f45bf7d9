"""What a build is asked for, what it reports on the way, and what it results in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from vidfx.compile.parity import Parity
from vidfx.errors import UnavailableError
from vidfx_engines.built import BuiltFor, BuiltPrecision, HardwareCompatibility
from vidfx_engines.spec import EngineSpec, Template


@dataclass(frozen=True)
class BuildRequest:
    """The options of ``vidfx build-engine``; their defaults are the command's."""

    model: Path
    "an ONNX file, with its spec, of a known detector family, or an embedding"
    backend: BuiltFor
    precision: Literal["auto"] | BuiltPrecision
    batch: tuple[int, int, int]
    "the least, the usual and the most pictures per call"
    size: tuple[int, int]
    "px, (width, height) of a detector's usual input"
    calibration: Path | None
    "a folder of pictures that set int8's ranges and compare the precisions"
    max_drop: float
    "the most that accuracy, or agreement with the source, may fall, 0 to 1"
    out: Path | None
    "the engine's file; None keeps it in the user's cache, where annotate finds it"
    optimisation: int
    "TensorRT's builder level, 0 to 5"
    workspace: int
    "bytes"
    hardware_compatibility: HardwareCompatibility
    version_compatible: bool
    crop: Template | None = None
    "how faces are cut for an embedding without a spec"


class BuildProgress(Protocol):
    """Receives how a build goes on. Phases are TensorRT's own."""

    def step(self, text: str) -> None:
        """The next step begins."""
        ...

    def say(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def compared(self, precision: str, parity: Parity) -> None:
        """A precision was compared with the source."""
        ...

    def started(self, phase: str, steps: int) -> None: ...

    def advanced(self, phase: str, step: int) -> None: ...

    def finished(self, phase: str) -> None: ...


@dataclass(frozen=True)
class BuiltEngine:
    """A finished build."""

    path: Path
    "of the weights; the spec is beside them"
    spec: EngineSpec
    parity: Mapping[str, Parity] = field(default_factory=dict[str, Parity])
    "by precision, of all that were tried"


class RefusedError(UnavailableError):
    """Every precision that was tried loses more than ``max_drop``."""
