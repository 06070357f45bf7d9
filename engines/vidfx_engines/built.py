"""What `vidfx build-engine` writes into an engine's spec: how it was built, for what, how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from vidfx_engines import fields
from vidfx_engines.fields import Fields

BuiltFor = Literal["tensorrt", "tensorrt-rtx", "openvino", "onnx"]
BuiltPrecision = Literal["fp32", "fp16", "bf16", "int8"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """The shapes, (N, C, H, W), that a TensorRT plan takes: the least, the usual, the most."""

    least: Shape
    usual: Shape
    most: Shape


@dataclass(frozen=True)
class Build:
    """One building of an engine."""

    backend: BuiltFor
    precision: BuiltPrecision
    source_sha256: str
    "of the ONNX file that it was made from"
    vidfx: str
    "the version that built it"
    library: str
    "and its version, e.g. 1.7.1.116"
    device: str
    "the processor or GPU that it was built on, in words; empty where none was needed"
    date: str
    "ISO 8601, UTC"
    compute_capability: str = ""
    "of that GPU, e.g. 8.9"
    driver: str = ""
    hardware_compatibility: str = "none"
    "none, ampere_plus or same_compute_capability"
    version_compatible: bool = False
    profile: Profile | None = None
    calibration: str = ""
    "int8: the pictures that set the ranges"
    compared: str = ""
    "with what, and on what, the figures below were measured"
    parity: Mapping[str, float] = field(default_factory=dict[str, float])
    "agreement with the source and accuracy before and after"
    speed: Mapping[str, float] = field(default_factory=dict[str, float])
    "pictures a second by precision, where they were measured"


def parse_build(raw: Fields) -> Build:
    """The record in a spec; ValueError, one line with the field, if it is wrong."""
    found = Build(
        backend=raw.take("backend", fields.choice(get_args(BuiltFor))),
        precision=raw.take("precision", fields.choice(get_args(BuiltPrecision))),
        source_sha256=raw.take("source_sha256", fields.sha256),
        vidfx=raw.take("vidfx", fields.text(100)),
        library=raw.take("library", fields.text(100)),
        device=raw.take("device", fields.text(200, empty=True)),
        date=raw.take("date", fields.text(40)),
        compute_capability=raw.take("compute_capability", fields.text(20, empty=True), ""),
        driver=raw.take("driver", fields.text(40, empty=True), ""),
        hardware_compatibility=raw.take("hardware_compatibility", fields.text(40), "none"),
        version_compatible=raw.take("version_compatible", fields.choice((True, False)), False),
        profile=None if raw.nothing("profile") else _profile(raw.nested("profile")),
        calibration=raw.take("calibration", fields.text(2000, empty=True), ""),
        compared=raw.take("compared", fields.text(2000, empty=True), ""),
        parity=raw.take("parity", fields.numbers_by_name, {}),
        speed=raw.take("speed", fields.numbers_by_name, {}),
    )
    raw.done()
    return found


def _profile(raw: Fields) -> Profile:
    side = fields.items(fields.integer(1, 1 << 16), 4, 4)
    found = Profile(raw.take("least", side), raw.take("usual", side), raw.take("most", side))
    raw.done()
    shapes = zip(found.least, found.usual, found.most, strict=True)
    if not all(least <= usual <= most for least, usual, most in shapes):
        raise ValueError("profile: least, usual and most are not in this order")
    return found
