"""The contract of an engine: inputs, outputs and measured quality of its weights.

It is the file ``<name>.spec.json`` beside the weights. Whatever runs the weights (OpenVINO, ONNX
Runtime, TensorRT) reads it, and so does everything that prepares faces for them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from msgspec import Meta

from vidfx_engines.built import Build
from vidfx_engines.errors import EngineFileError
from vidfx_engines.files import DEFAULT_MODE, read_regular, write_atomically
from vidfx_engines.validation import Figures, FileName, Label, Sha256, Share, convert, text

EngineTask = Literal["detection", "identity", "emotion", "embedding"]
Family = Literal["centerface", "scrfd", "yunet"]
TensorLayout = Literal["NCHW", "NHWC"]
DType = Literal["uint8", "float32"]
ColourOrder = Literal["rgb", "bgr"]
Template = Literal["arcface", "dlib", "fer"]
ChannelValue = Annotated[float, Meta(ge=-1e6, le=1e6)]
Triple = tuple[ChannelValue, ChannelValue, ChannelValue]
InputSide = Annotated[int, Meta(ge=8, le=1024)]

SCHEMA = 1
STRIDES = (8, 16, 32)
"""Pixels per cell of the levels of SCRFD and YuNet."""
OTHER = "other"
"""The label of everyone who is not the person that an identity engine knows."""
SUFFIX = ".spec.json"
PLAN_NEEDS_CUDA = "a TensorRT plan, which runs on --device cuda"
MAX_SPEC_BYTES = 4 << 20
MAX_WEIGHTS_BYTES = 2 << 30
"""What protobuf, and so an ONNX file without outside data, can hold."""


@dataclass(frozen=True)
class InputSpec:
    """What the weights themselves take; ``Engine.run`` always takes (N, H, W, 3) uint8 RGB."""

    name: Annotated[str, text(200)]
    layout: TensorLayout = "NCHW"
    dtype: DType = "float32"
    colour: ColourOrder = "rgb"
    mean: Triple = (0.0, 0.0, 0.0)
    "taken from 0..255 values, one a channel in the order of ``colour``"
    scale: Triple = (1.0, 1.0, 1.0)
    "x' = (x - mean) * scale"
    size: InputSide | None = None
    "px, the side of the square crop; None where sides may be any multiples of 32"


@dataclass(frozen=True)
class CropSpec:
    """How a face is cut out for a classifier or an embedding."""

    template: Template
    "where the landmarks are in the crop"
    size: InputSide
    "px, the side"


@dataclass(frozen=True)
class Thresholds:
    """The probabilities of "target" that decide; between the two the decision is "unknown"."""

    accept: Share
    reject: Share
    evidence: Annotated[str, text(20_000)]
    "the data and the rule that set them"


@dataclass(frozen=True)
class EngineSpec:
    """Everything about one file of weights that is not a weight."""

    name: Annotated[str, text(100)]
    task: EngineTask
    weights: FileName
    "beside the spec"
    sha256: Sha256
    "of the weights"
    labels: Annotated[tuple[Label, ...], Meta(max_length=10_000)]
    "in output order, of classifiers; empty for detectors and embeddings"
    input: InputSpec
    outputs: Annotated[tuple[Annotated[str, text(200)], ...], Meta(min_length=1, max_length=64)]
    "names, in the order that ``Engine.run`` returns them"
    licence: Annotated[str, text(20_000)]
    training_data: Annotated[str, text(20_000)]
    crop: CropSpec | None = None
    "classifiers and embeddings only"
    family: Family | None = None
    "detectors only: what the outputs mean"
    thresholds: Thresholds | None = None
    "identity only"
    min_prob: Share = 0.0
    "emotion only: where the most likely label is less likely, none is chosen"
    min_face_px: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    "faces whose shorter side is less are not read"
    metrics: Figures = field(default_factory=dict[str, float])
    build: Build | None = None
    "engines that `vidfx build-engine` made"

    @property
    def least_prob(self) -> float:
        """``min_prob``; where there is none, more likely than all other labels together."""
        return self.min_prob or 0.5

    @property
    def embedding_model(self) -> str:
        """A sha256 that embeddings have in common which may be compared with each other.

        That is of the weights, or of those that an engine was built from, and of what they are
        given: the crop and its normalisation.
        """
        weights = self.build.source_sha256 if self.build else self.sha256
        given = self.input.colour, self.input.mean, self.input.scale
        facts = json.dumps([weights, asdict(self.crop) if self.crop else None, given])
        return hashlib.sha256(facts.encode()).hexdigest()

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
                f"{file}: {error}", hint="build the engine again, or correct this field"
            ) from None

    @classmethod
    def from_json(cls, text: str) -> EngineSpec:
        """The spec that ``text`` describes; ValueError, one line with the field, if it is wrong."""
        document = _of_schema(json.loads(text, object_pairs_hook=_without_duplicates))
        spec = convert(document, cls)
        _check_rules(spec)
        return spec

    def to_json(self) -> str:
        """As the file holds it, ending in a newline."""
        metrics = {name: float(value) for name, value in self.metrics.items()}
        document: dict[str, Any] = {"schema": SCHEMA, **asdict(replace(self, metrics=metrics))}
        if self.build is None:
            del document["build"]
        if not self.min_prob:
            del document["min_prob"]
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
        """The weights in ``folder``, after checking that they are those of this spec.

        Raises EngineFileError where they are not, or cannot be read.
        """
        path = Path(folder) / self.weights
        data = read_model_file(path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise EngineFileError(
                f"{path}: altered: its sha256 is not the one in {spec_path(path).name}",
                hint="copy the weights and the spec again together, or build the engine again",
            )
        return data


def spec_path(path: str | Path) -> Path:
    """The path of the spec of the weights at ``path``; a spec's own path is returned unchanged."""
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


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same field twice in one object")
    return found


def _of_schema(document: object) -> object:
    """The document without its schema.

    Raises ValueError for another schema, and where a file relies on the defaults of InputSpec.
    """
    if not isinstance(document, dict):
        return document
    found = cast("dict[str, object]", document)
    if "schema" not in found:
        raise ValueError("schema: missing")
    if convert(found.pop("schema"), int, "schema") != SCHEMA:
        raise ValueError(f"schema: this version of vidfx reads schema {SCHEMA} only")
    if isinstance(given := found.get("input"), dict):
        for name in ("layout", "dtype", "colour", "mean", "scale"):
            if name not in given:
                raise ValueError(f"input.{name}: missing")
    return found


def _check_rules(spec: EngineSpec) -> None:
    """The rules between fields; ValueError, one line, for the first that is broken."""
    detects, classifies = spec.task == "detection", spec.task in ("identity", "emotion")
    unscaled = (spec.input.mean, spec.input.scale) == ((0, 0, 0), (1, 1, 1))
    given = spec.thresholds
    wrong = {
        "labels: the same label twice": len(set(spec.labels)) < len(spec.labels),
        "labels: a detector has none": detects and spec.labels,
        "labels: an embedding has none": spec.task == "embedding" and spec.labels,
        "labels: a classifier needs two or more": classifies and len(spec.labels) < 2,
        "labels: unknown is the label of faces between the thresholds": spec.task == "identity"
        and "unknown" in spec.labels,
        "family: missing; it says what a detector's outputs mean": detects and not spec.family,
        "family: only detectors have one": not detects and spec.family,
        "crop: a detector has none": detects and spec.crop,
        "crop: missing; it says how a classifier's faces are cut": not detects and not spec.crop,
        "input.size: a detector's is null (any multiple of 32)": detects and spec.input.size,
        "input.size: not the same as crop.size": spec.crop and spec.crop.size != spec.input.size,
        "outputs: the same name twice": len(set(spec.outputs)) < len(spec.outputs),
        "outputs: a classifier has one, and so has an embedding": not detects
        and len(spec.outputs) != 1,
        "thresholds: only identity has them": spec.task != "identity" and given,
        "min_prob: only emotion has one": spec.task != "emotion" and spec.min_prob,
        "thresholds: reject is above accept": given and given.reject > given.accept,
        "weights: a TensorRT plan has the suffix .plan and a build record": spec.is_plan
        != (spec.weights.endswith(".plan")),
        "input.mean, input.scale: a uint8 input takes 0 and 1": spec.input.dtype == "uint8"
        and not unscaled,
        "input.scale: 0 makes all pictures the same": 0 in spec.input.scale,
        "build.profile: least, usual and most are not in this order": spec.build
        and spec.build.profile
        and not spec.build.profile.is_ordered,
    }
    for message, applies in wrong.items():
        if applies:
            raise ValueError(message)
