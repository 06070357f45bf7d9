"""The spec file: written, read again, and one line for every way it can be wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from tests.engines import toys
from vidfx_engines.errors import EngineFileError
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec

Document = dict[str, Any]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    spec = toys.identity_spec()
    path = spec.save(tmp_path)
    assert path.name == "people.spec.json"
    assert EngineSpec.load(path) == spec
    assert EngineSpec.load(tmp_path / "people.onnx") == spec
    assert json.loads(path.read_text("utf-8"))["schema"] == 1


def test_a_least_probability_is_in_the_file_where_there_is_one() -> None:
    plain = replace(toys.identity_spec(), task="emotion", thresholds=None)
    assert "min_prob" not in plain.to_json()
    careful = replace(plain, min_prob=0.4)
    assert EngineSpec.from_json(careful.to_json()) == careful
    assert EngineSpec.from_json(plain.to_json()).min_prob == 0


def test_metrics_may_be_any_mapping_of_numbers(tmp_path: Path) -> None:
    metrics = MappingProxyType({"accuracy": np.float32(0.5), "n": np.int64(3)})
    path = replace(toys.identity_spec(), metrics=metrics).save(tmp_path)
    assert EngineSpec.load(path).metrics == {"accuracy": 0.5, "n": 3.0}


def _set(*keys: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


def test_ordinary_names_are_labels(tmp_path: Path) -> None:
    labels = ("José-María", "李小龙", "O'Neil, Shaun (Jr.) +1", "7", "unknown")
    spec = replace(toys.identity_spec(), task="emotion", thresholds=None, labels=labels)
    assert EngineSpec.load(spec.save(tmp_path)).labels == labels


def _drop(key: str) -> Callable[[Document], None]:
    return lambda document: document.pop(key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("schema", value=2), "schema: this version of vidfx reads schema 1 only"),
        (_drop("schema"), "schema: missing"),
        (_drop("licence"), "licence: missing"),
        (_set("extra", value=1), "extra: unknown; known: name, task, "),
        (lambda document: document["input"].pop("mean"), "input.mean: missing"),
        (_set("input", "extra", value=1), "input.extra: unknown; known: name, layout, "),
        (_set("name", value=3), "name: a text of 1 to 100 characters is needed, not 3"),
        (_set("name", value=" "), "name: a text of 1 to 100 characters is needed, not ' '"),
        (_set("name", value="a\x1b[31m"), "name: has control characters: 'a\\x1b[31m'"),
        (_set("licence", value="x" * 20_001), "licence: a text of 1 to 20000 characters is needed"),
        (
            _set("task", value="age"),
            "task: one of detection, identity, emotion, embedding is needed",
        ),
        (
            _set("task", value=["age"]),
            "task: one of detection, identity, emotion, embedding is needed",
        ),
        (
            _set("weights", value="../people.onnx"),
            "weights: a file name without a folder is needed",
        ),
        (
            _set("weights", value="/etc/passwd"),
            "weights: a file name without a folder is needed",
        ),
        (
            _set("weights", value="a\\b.onnx"),
            "weights: a file name without a folder is needed",
        ),
        (
            _set("weights", value="C:b.onnx"),
            "weights: a file name without a folder is needed",
        ),
        (_set("weights", value=".."), "weights: a file name without a folder is needed"),
        (_set("weights", value="a\0b"), "weights: has control characters"),
        (_set("sha256", value="00"), "sha256: a sha256, 64 lower-case hexadecimal digits, is"),
        (_set("sha256", value=5), "sha256: a sha256, 64 lower-case hexadecimal digits, is"),
        (_set("labels", value="target"), "labels: a list of 0 to 10000 values is needed"),
        (_set("labels", value=["a", "a"]), "labels: the same label twice"),
        (_set("labels", value=["a"]), "labels: a classifier needs two or more"),
        (_set("labels", value=["a", ""]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "x" * 65]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "b\tc"]), "labels[1]: has control characters: 'b\\tc'"),
        (_set("labels", value=["a", "b\nc"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "b|c"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "=HYPERLINK(1)"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", " +1"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "-"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "@a"]), "labels[1]: a name of 1 to 64 characters"),
        (_set("labels", value=["a", "unknown"]), "labels: unknown is the label of faces between"),
        (_set("labels", value=["a"] * 10_001), "labels: a list of 0 to 10000 values is needed"),
        (_set("input", value=[]), "input: a table is needed, not []"),
        (_set("input", "layout", value="CHW"), "input.layout: one of NCHW, NHWC is needed"),
        (_set("input", "dtype", value="int8"), "input.dtype: one of uint8, float32 is needed"),
        (_set("input", "dtype", value="uint8"), "input.mean, input.scale: a uint8 input takes 0"),
        (_set("input", "colour", value=None), "input.colour: one of rgb, bgr is needed"),
        (
            _set("input", "mean", value=[0, 0]),
            "input.mean: a list of 3 values is needed, not [0,",
        ),
        (_set("input", "mean", value=[0, 0, True]), "input.mean[2]: a number from"),
        (_set("input", "scale", value=[0, 0, 1e9]), "input.scale[2]: a number from"),
        (_set("input", "size", value=10**9), "input.size: a whole number from 8 to 1024 is needed"),
        (_set("input", "size", value=112.0), "input.size: a whole number from 8 to 1024 is needed"),
        (_set("input", "size", value=96), "input.size: not the same as crop.size"),
        (_set("crop", value=None), "crop: missing; it says how"),
        (
            _set("crop", "template", value="eyes"),
            "crop.template: one of arcface, dlib, fer is needed",
        ),
        (_set("outputs", value=[]), "outputs: a list of 1 to 64 values is needed, not []"),
        (_set("outputs", value=["p", "q"]), "outputs: a classifier has one"),
        (_set("family", value="scrfd"), "family: only detectors have one"),
        (_set("family", value="mtcnn"), "family: one of centerface, scrfd, yunet is needed"),
        (_set("thresholds", "accept", value=1.5), "thresholds.accept: a number from 0 to 1"),
        (_set("thresholds", "accept", value=0.1), "thresholds: reject is above accept"),
        (_set("task", value="emotion"), "thresholds: only identity has them"),
        (_set("min_prob", value=0.4), "min_prob: only emotion has one"),
        (_set("min_prob", value=1.5), "min_prob: a number from 0 to 1 is needed"),
        (_set("min_face_px", value=-1), "min_face_px: a number from 0 to 10000 is needed"),
        (_set("metrics", value={"a": "1"}), "metrics.a: a finite number is needed, not '1'"),
        (_set("metrics", value=[1]), "metrics: a table is needed"),
        (_set("task", value="detection"), "labels: a detector has none"),
    ],
)
def test_a_wrong_field_is_named_in_one_line(
    tmp_path: Path, change: Callable[[Document], None], said: str
) -> None:
    document = json.loads(toys.identity_spec().to_json())
    change(document)
    path = tmp_path / "people.spec.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(EngineFileError) as raised:
        EngineSpec.load(path)
    assert str(raised.value).startswith(f"{path}: {said}")
    assert "\n" not in str(raised.value)
    assert raised.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"schema": 1, "schema": 1}',
        b'{"schema": ' + b"9" * 10_000 + b"}",
        b'{"schema": 1, "min_face_px": NaN}',
        b" " * (5 << 20),
    ],
    ids=range(10),
)
def test_what_is_no_spec_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.spec.json"
    path.write_bytes(content)
    with pytest.raises(EngineFileError) as raised:
        EngineSpec.load(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert len(str(raised.value)) < len(str(path)) + 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400])
@pytest.mark.parametrize("field", ["accept", "mean", "metrics"])
def test_nan_and_infinity_in_a_file_are_one_line(tmp_path: Path, field: str, number: str) -> None:
    path = replace(toys.identity_spec(), metrics={"n": 0.125}).save(tmp_path)
    value = {"accept": '"accept": 0.8', "mean": "1.0,", "metrics": '"n": 0.125'}[field]
    text = path.read_text("utf-8")
    assert text.count(value) == 1
    place = text.index(value) + (value.rindex(" ") + 1 if " " in value else 0)
    end = place + len(value.split(" ")[-1].rstrip(","))
    path.write_text(text[:place] + number + text[end:], "utf-8")
    with pytest.raises(EngineFileError, match="not") as raised:
        EngineSpec.load(path)
    assert field in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX has pipes")
@pytest.mark.parametrize("name", ["toy.spec.json", "toy.onnx"])
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path, name: str) -> None:
    toys.classifier(tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(EngineFileError, match="not a regular file") as raised:
        select(tmp_path / "toy.onnx", device="cpu")
    assert raised.value.hint
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(EngineFileError, match="not a regular file"):
        select(tmp_path / "toy.onnx", device="cpu")


def test_nan_and_infinity_are_refused(tmp_path: Path) -> None:
    for value in (float("nan"), float("inf")):
        spec = replace(toys.identity_spec(), metrics={"a": value})
        with pytest.raises(EngineFileError, match=r"metrics\.a: a finite number is needed"):
            spec.save(tmp_path)
        with pytest.raises(EngineFileError, match="min_face_px: a number from"):
            replace(toys.identity_spec(), min_face_px=value).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFileError, match=r"people\.spec\.json: no such file"):
        EngineSpec.load(tmp_path / "people.onnx")
    with pytest.raises(EngineFileError, match=r"people\.onnx: no such file"):
        toys.identity_spec().read_weights(tmp_path)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    assert spec.read_weights(tmp_path)
    path = tmp_path / spec.weights
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(EngineFileError, match=r"toy\.onnx: altered") as raised:
        spec.read_weights(tmp_path)
    assert "build the engine again" in raised.value.hint
