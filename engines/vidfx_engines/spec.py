"""The contract of an engine: what its weights take, what they give and what they are worth.

It stands as ``<name>.spec.json`` beside the weights. Whatever runs the weights (OpenVINO, ONNX
Runtime, TensorRT) reads it, and so does everything that prepares faces for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from vidfx_engines import fields
from vidfx_engines.built import Build, parse_build
from vidfx_engines.errors import EngineFileError
from vidfx_engines.fields import Fields
from vidfx_engines.files import DEFAULT_MODE, read_regular, write_atomically

Task = Literal["detection", "identity", "emotion"]
Family = Literal["centerface", "scrfd", "yunet"]
Layout = Literal["NCHW", "NHWC"]
DType = Literal["uint8", "float32"]
ColourOrder = Literal["rgb", "bgr"]
Template = Literal["arcface", "fer"]
Triple = tuple[float, float, float]

SCHEMA = 1
SUFFIX = ".spec.json"
PLAN = "a TensorRT plan, which runs on --device cuda"
MAX_SPEC_BYTES = 4 << 20
MAX_WEIGHTS_BYTES = 2 << 30
"""What protobuf, and so an ONNX file without outside data, can hold."""


@dataclass(frozen=True)
class InputSpec:
    """What the weights themselves take; ``Engine.run`` always takes (N, H, W, 3) uint8 RGB."""

    name: str
    layout: Layout = "NCHW"
    dtype: DType = "float32"
    colour: ColourOrder = "rgb"
    mean: Triple = (0.0, 0.0, 0.0)
    "taken from 0..255 values, one a channel in the order of ``colour``"
    scale: Triple = (1.0, 1.0, 1.0)
    "x' = (x - mean) * scale"
    size: int | None = None
    "px, the side of the square crop; None where sides may be any multiples of 32"


@dataclass(frozen=True)
class CropSpec:
    """How a face is cut out for a classifier."""

    template: Template
    "where the landmarks come to stand"
    size: int
    "px, the side"


@dataclass(frozen=True)
class Thresholds:
    """Where a probability of "target" becomes a decision; between the two it is "unknown"."""

    accept: float
    reject: float
    evidence: str
    "the data and the rule that set them"


@dataclass(frozen=True)
class EngineSpec:
    """Everything about one file of weights that is not a weight."""

    name: str
    task: Task
    weights: str
    "file name, beside the spec"
    sha256: str
    "of the weights, 64 hexadecimal digits"
    labels: tuple[str, ...]
    "in output order; empty for detectors"
    input: InputSpec
    outputs: tuple[str, ...]
    "names, in the order that ``Engine.run`` returns them"
    licence: str
    training_data: str
    crop: CropSpec | None = None
    "classifiers only"
    family: Family | None = None
    "detectors only: what the outputs mean"
    thresholds: Thresholds | None = None
    "identity only"
    min_face_px: float = 0.0
    "faces whose shorter side is less are not read"
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    build: Build | None = None
    "engines that `vidfx build-engine` made"

    @property
    def is_plan(self) -> bool:
        """Whether the weights are a TensorRT plan, which only TensorRT can read."""
        return self.build is not None and self.build.backend in ("tensorrt", "tensorrt-rtx")

    @classmethod
    def load(cls, path: str | Path) -> EngineSpec:
        """The spec at ``path``, or beside the weights at ``path`` (``x.onnx``: ``x.spec.json``).

        Raises EngineFileError, one line with file and field, where it is missing or wrong.
        """
        file = spec_path(path)
        try:
            return cls.from_json(read_regular(file, MAX_SPEC_BYTES).decode("utf-8"))
        except FileNotFoundError:
            raise EngineFileError(
                f"{file}: no such file",
                hint=f"an engine is two files, the weights and {SUFFIX[1:]}; copy both",
            ) from None
        except OSError as error:
            raise EngineFileError(f"{file}: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise EngineFileError(
                f"{file}: {error}", hint="build the engine again, or mend this field"
            ) from None

    @classmethod
    def from_json(cls, text: str) -> EngineSpec:
        """The spec that ``text`` describes; ValueError, one line with the field, if it is wrong."""
        return _parse(Fields(json.loads(text, object_pairs_hook=_no_twins)))

    def to_json(self) -> str:
        """As the file holds it, ending in a newline."""
        metrics = {name: float(value) for name, value in self.metrics.items()}
        document: dict[str, Any] = {"schema": SCHEMA, **asdict(replace(self, metrics=metrics))}
        if self.build is None:
            del document["build"]
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def save(self, folder: str | Path, mode: int = DEFAULT_MODE) -> Path:
        """Write it beside its weights in ``folder``; returns the path.

        Raises EngineFileError where it breaks its own rules or cannot be written.
        """
        path = Path(folder) / f"{Path(self.weights).stem}{SUFFIX}"
        try:
            self.write(path, mode)
        except OSError as error:
            raise EngineFileError(f"{path}: {error.strerror}") from None
        return path

    def write(self, file: Path, mode: int = DEFAULT_MODE) -> None:
        """Write it to ``file``, whole or not at all.

        Raises EngineFileError where it breaks its own rules, OSError where it cannot be written.
        """
        text = self.to_json()
        try:
            self.from_json(text)
        except ValueError as error:
            raise EngineFileError(f"{file}: {error}") from None
        write_atomically(file, text.encode(), mode)

    def read_weights(self, folder: str | Path) -> bytes:
        """The weights in ``folder``, after checking that they are those of this spec."""
        path = Path(folder) / self.weights
        data = read_model_file(path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise EngineFileError(
                f"{path}: altered: its sha256 is not the one in {spec_path(path).name}",
                hint="copy the weights and the spec again together, or build the engine again",
            )
        return data


def spec_path(path: str | Path) -> Path:
    """Where the spec of the weights at ``path`` stands; a spec's own path stays what it is."""
    path = Path(path)
    return path if path.name.endswith(SUFFIX) else path.with_name(path.stem + SUFFIX)


def read_model_file(path: Path) -> bytes:
    """A model's bytes; EngineFileError where there is no file or it is too large."""
    try:
        return read_regular(path, MAX_WEIGHTS_BYTES)
    except ValueError as error:
        raise EngineFileError(
            f"{path}: {error}", hint="name an engine's own file, of 2 GiB at most"
        ) from None
    except FileNotFoundError:
        raise EngineFileError(
            f"{path}: no such file", hint="an engine is two files, the weights and the spec"
        ) from None
    except OSError as error:
        raise EngineFileError(f"{path}: {error.strerror}") from None


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same field stands twice in one object")
    return found


def _triple(raw: object) -> Triple:
    a, b, c = fields.items(fields.number(-1e6, 1e6), 3, 3)(raw)
    return a, b, c


def _parse(top: Fields) -> EngineSpec:
    if top.take("schema", fields.integer(0, 1_000_000)) != SCHEMA:
        raise ValueError(f"schema: this version of vidfx reads schema {SCHEMA} only")
    spec = EngineSpec(
        name=top.take("name", fields.text(100)),
        task=top.take("task", fields.choice(get_args(Task))),
        weights=top.take("weights", fields.file_name),
        sha256=top.take("sha256", fields.sha256),
        labels=top.take("labels", fields.items(fields.label, 0, 10_000, unique=True)),
        input=_input(top.nested("input")),
        outputs=top.take("outputs", fields.items(fields.text(200), 1, 64, unique=True)),
        licence=top.take("licence", fields.text(20_000)),
        training_data=top.take("training_data", fields.text(20_000)),
        crop=None if top.nothing("crop") else _crop(top.nested("crop")),
        family=None
        if top.nothing("family")
        else top.take("family", fields.choice(get_args(Family))),
        thresholds=None if top.nothing("thresholds") else _thresholds(top.nested("thresholds")),
        min_face_px=top.take("min_face_px", fields.number(0, 10_000), 0.0),
        metrics=top.take("metrics", fields.numbers_by_name, {}),
        build=None if top.nothing("build") else parse_build(top.nested("build")),
    )
    top.done()
    _agree(spec)
    return spec


def _input(raw: Fields) -> InputSpec:
    found = InputSpec(
        name=raw.take("name", fields.text(200)),
        layout=raw.take("layout", fields.choice(get_args(Layout))),
        dtype=raw.take("dtype", fields.choice(get_args(DType))),
        colour=raw.take("colour", fields.choice(get_args(ColourOrder))),
        mean=raw.take("mean", _triple),
        scale=raw.take("scale", _triple),
        size=None if raw.nothing("size") else raw.take("size", fields.integer(8, 1024)),
    )
    raw.done()
    return found


def _crop(raw: Fields) -> CropSpec:
    found = CropSpec(
        template=raw.take("template", fields.choice(get_args(Template))),
        size=raw.take("size", fields.integer(8, 1024)),
    )
    raw.done()
    return found


def _thresholds(raw: Fields) -> Thresholds:
    found = Thresholds(
        accept=raw.take("accept", fields.number(0, 1)),
        reject=raw.take("reject", fields.number(0, 1)),
        evidence=raw.take("evidence", fields.text(20_000)),
    )
    raw.done()
    if found.reject > found.accept:
        raise ValueError("thresholds: reject is above accept")
    return found


def _agree(spec: EngineSpec) -> None:
    """The rules between fields."""
    detects = spec.task == "detection"
    unscaled = (spec.input.mean, spec.input.scale) == ((0, 0, 0), (1, 1, 1))
    wrong = {
        "labels: a detector has none": detects and spec.labels,
        "labels: a classifier needs two or more": not detects and len(spec.labels) < 2,
        "labels: unknown is what a face between the thresholds is called": spec.task == "identity"
        and "unknown" in spec.labels,
        "family: missing, it says what a detector's outputs mean": detects and not spec.family,
        "family: only detectors have one": not detects and spec.family,
        "crop: a detector has none": detects and spec.crop,
        "crop: missing, it says how a classifier's faces are cut": not detects and not spec.crop,
        "input.size: a detector's is null (any multiple of 32)": detects and spec.input.size,
        "input.size: not the same as crop.size": spec.crop and spec.crop.size != spec.input.size,
        "outputs: a classifier has one": not detects and len(spec.outputs) != 1,
        "thresholds: only identity has them": spec.task != "identity" and spec.thresholds,
        "weights: a TensorRT plan has the suffix .plan and a build record": spec.is_plan
        != (spec.weights.endswith(".plan")),
        "input.mean, input.scale: a uint8 input takes 0 and 1": spec.input.dtype == "uint8"
        and not unscaled,
        "input.scale: 0 makes all pictures one": 0 in spec.input.scale,
    }
    for message, applies in wrong.items():
        if applies:
            raise ValueError(message)
