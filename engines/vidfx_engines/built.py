"""The build record in an engine's spec, by `vidfx build-engine`: how, for what, and how well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

from vidfx_engines.validation import Figures, Sha256, text

BuiltFor = Literal["tensorrt", "tensorrt-rtx", "openvino", "onnx"]
BuiltPrecision = Literal["fp32", "fp16", "bf16", "int8"]
HardwareCompatibility = Literal["none", "ampere_plus", "same_compute_capability"]
PlanShape = Annotated[
    tuple[Annotated[int, Meta(ge=1, le=1 << 16)], ...], Meta(min_length=4, max_length=4)
]


@dataclass(frozen=True)
class Profile:
    """The shapes, (N, C, H, W), that a TensorRT plan takes: the least, the usual, the most."""

    least: PlanShape
    usual: PlanShape
    most: PlanShape

    @property
    def is_ordered(self) -> bool:
        shapes = zip(self.least, self.usual, self.most, strict=True)
        return all(least <= usual <= most for least, usual, most in shapes)


@dataclass(frozen=True)
class Build:
    """One building of an engine."""

    backend: BuiltFor
    precision: BuiltPrecision
    source_sha256: Sha256
    "of the ONNX file that it was made from"
    vidfx: Annotated[str, text(100)]
    "the version that built it"
    library: Annotated[str, text(100)]
    "and its version, e.g. 1.7.1.116"
    device: Annotated[str, text(200, empty=True)]
    "the processor or GPU that it was built on, in words; empty where none was needed"
    date: Annotated[str, text(40)]
    "ISO 8601, UTC"
    compute_capability: Annotated[str, text(20, empty=True)] = ""
    "of that GPU, e.g. 8.9"
    driver: Annotated[str, text(40, empty=True)] = ""
    hardware_compatibility: Annotated[str, text(40)] = "none"
    "none, ampere_plus or same_compute_capability"
    version_compatible: bool = False
    profile: Profile | None = None
    calibration: Annotated[str, text(2000, empty=True)] = ""
    "int8: the pictures that set the ranges"
    compared: Annotated[str, text(2000, empty=True)] = ""
    "with what, and on what, the figures below were measured"
    parity: Figures = field(default_factory=dict[str, float])
    "agreement with the source and accuracy before and after"
    speed: Figures = field(default_factory=dict[str, float])
    "pictures a second by precision, where they were measured"
