"""Small engine files with known answers, made with onnx."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vidfx_engines.spec import CropSpec, EngineSpec, Family, InputSpec, Thresholds


def detector_spec(family: Family, outputs: int) -> EngineSpec:
    """Of a detector that is no file."""
    return EngineSpec(
        name="finder",
        task="detection",
        weights="none.onnx",
        sha256="0" * 64,
        labels=(),
        input=InputSpec("frames"),
        outputs=tuple(f"output_{number}" for number in range(outputs)),
        licence="none needed: made by a test",
        training_data="none",
        family=family,
    )


def constant_classifier(
    folder: Path,
    name: str,
    task: str,
    probs: dict[str, float],
    thresholds: Thresholds | None = None,
) -> Path:
    """An engine that gives the same probabilities for every crop."""
    logits = np.log(np.array([list(probs.values())], np.float32))
    nodes = [
        helper.make_node("ReduceMean", ["faces"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Unsqueeze", ["nothing", "one"], ["column"]),
        helper.make_node("Add", ["column", "logits"], ["sum"]),
        helper.make_node("Softmax", ["sum"], ["probs"], axis=1),
    ]
    weights = [
        numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
        numpy_helper.from_array(np.ones(1, np.int64), "one"),
        numpy_helper.from_array(logits, "logits"),
    ]
    return _save(folder, name, task, tuple(probs), nodes, weights, thresholds)


def brightness_classifier(
    folder: Path,
    name: str,
    task: str,
    labels: tuple[str, ...],
    *,
    width: float = 40.0,
    thresholds: Thresholds | None = None,
) -> Path:
    """An engine that sees how bright a crop is: the brighter, the later the label.

    Each label has a grey level, evenly spread from 0 to 255; probabilities are those of normal
    distributions around them, of ``width`` grey levels.
    """
    grey = np.linspace(0, 255, len(labels), dtype=np.float32)[None]
    nodes = [
        helper.make_node("ReduceMean", ["faces"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("Mul", ["column", "slopes"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offsets"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probs"], axis=1),
    ]
    weights = [
        numpy_helper.from_array(np.ones(1, np.int64), "one"),
        numpy_helper.from_array(grey / width**2, "slopes"),
        numpy_helper.from_array(-(grey**2) / (2 * width**2), "offsets"),
    ]
    return _save(folder, name, task, labels, nodes, weights, thresholds)


def _save(
    folder: Path,
    name: str,
    task: str,
    labels: tuple[str, ...],
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto],
    thresholds: Thresholds | None,
) -> Path:
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["N", 3, 112, 112])],
        [helper.make_tensor_value_info("probs", TensorProto.FLOAT, ["N", len(labels)])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    EngineSpec(
        name=name,
        task=task,  # pyright: ignore[reportArgumentType]
        weights=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        labels=labels,
        input=InputSpec("faces", size=112),
        outputs=("probs",),
        licence="none needed: made by a test",
        training_data="none",
        crop=CropSpec("arcface", 112),
        thresholds=thresholds,
    ).save(folder)
    return path
