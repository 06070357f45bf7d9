"""Small networks with fixed random weights, written as ONNX files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec, Thresholds

SIDE = 32
COLUMNS = 16
"""Of an embedding."""
LABELS = ("angry", "happy", "neutral", "sad")


class Network:
    """A graph under construction; every method adds a node and returns the name it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(7)

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: np.ndarray) -> str:
        name = f"constant_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, x: str, cin: int, cout: int, stride: int = 1) -> str:
        kernel = 3 if stride > 1 else 1
        weight = self.random.normal(0, 0.3, (cout, cin, kernel, kernel)).astype(np.float32)
        pad = [kernel // 2] * 4
        return self.node("Conv", x, self.constant(weight), strides=[stride, stride], pads=pad)

    def save(
        self, path: Path, given: onnx.ValueInfoProto, outputs: dict[str, list[int]]
    ) -> onnx.ModelProto:
        made = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()]
        graph = helper.make_graph(self.nodes, "toy", [given], made, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return model


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def classifier(
    folder: Path, *, labels: tuple[str, ...] = LABELS, columns: int = len(LABELS)
) -> EngineSpec:
    """toy.onnx and its spec: uint8 NCHW crops of one picture to probabilities of ``labels``."""
    net = Network()
    x = net.node("Cast", "crops", to=TensorProto.FLOAT)
    x = net.node("Mul", x, net.constant(np.float32([1 / 64]).reshape(1, 1, 1, 1)))
    x = net.node("Relu", net.conv(x, 3, 8, stride=2))
    x = net.node("Relu", net.conv(x, 8, 8, stride=2))
    x = net.node("Flatten", net.node("GlobalAveragePool", x))
    weight = net.random.normal(0, 1, (8, columns)).astype(np.float32)
    x = net.node("MatMul", x, net.constant(weight))
    net.node("Softmax", x, output="probabilities", axis=1)
    given = helper.make_tensor_value_info("crops", TensorProto.UINT8, [1, 3, SIDE, SIDE])
    net.save(folder / "toy.onnx", given, {"probabilities": [1, columns]})
    spec = EngineSpec(
        name="toy",
        task="emotion",
        weights="toy.onnx",
        sha256=sha256(folder / "toy.onnx"),
        labels=labels,
        input=InputSpec("crops", dtype="uint8", size=SIDE),
        outputs=("probabilities",),
        licence="Apache-2.0",
        training_data="none",
        crop=CropSpec("fer", SIDE),
        min_face_px=24.0,
        metrics={"accuracy": 0.25},
    )
    spec.save(folder)
    return spec


def embedding(folder: Path, *, normalises: bool = False, columns: int = COLUMNS) -> Path:
    """toy.onnx, of ArcFace's kind and without a spec."""
    net = Network()
    x = "input"
    if normalises:
        x = net.node("Sub", x, net.constant(np.float32([127.5])))
        x = net.node("Mul", x, net.constant(np.float32([1 / 128])))
    x = net.node("Relu", net.conv(x, 3, 8, stride=2))
    x = net.node("Flatten", net.node("GlobalAveragePool", x))
    weight = net.random.normal(0, 1, (8, columns)).astype(np.float32)
    net.node("MatMul", x, net.constant(weight), output="vector")
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 112, 112])
    net.save(folder / "toy.onnx", given, {"vector": [1, columns]})
    return folder / "toy.onnx"


def identity_spec() -> EngineSpec:
    """A spec with every optional field of a classifier."""
    return EngineSpec(
        name="people",
        task="identity",
        weights="people.onnx",
        sha256="0" * 64,
        labels=("target", "other"),
        input=InputSpec("x", "NHWC", "float32", "bgr", (1.0, 2.0, 3.0), (0.5, 0.5, 0.5), 112),
        outputs=("p",),
        licence="CC0",
        training_data="two people, Grüße",
        crop=CropSpec("arcface", 112),
        thresholds=Thresholds(0.8, 0.4, "held-out faces"),
    )


def stock_scrfd(path: Path, *, landmarks: bool = True, side: int = 64) -> onnx.ModelProto:
    """As insightface exports SCRFD: one picture of a fixed size, rows without a batch axis,
    and, as simplifiers leave it, a Resize to a fixed size."""
    net = Network()
    x = net.node("Relu", net.conv("input.1", 3, 8, stride=2))
    x = net.node("Relu", net.conv(x, 8, 8, stride=2))
    p8 = net.node("Relu", net.conv(x, 8, 8, stride=2))
    p16 = net.node("Relu", net.conv(p8, 8, 8, stride=2))
    p32 = net.node("Relu", net.conv(p16, 8, 8, stride=2))
    sizes = net.constant(np.array([1, 8, side // 16, side // 16], np.int64))
    up = net.node(
        "Resize", p32, "", "", sizes, mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    p16 = net.node("Add", p16, up)
    outputs: dict[str, list[int]] = {}
    for k in (1, 4, 10) if landmarks else (1, 4):
        for level, stride in ((p8, 8), (p16, 16), (p32, 32)):
            y = net.node("Transpose", net.conv(level, 8, 2 * k), perm=[2, 3, 0, 1])
            shape = net.constant(np.array([-1, k], np.int64))
            name = f"{k}_{stride}"
            if k == 1:
                net.node("Sigmoid", net.node("Reshape", y, shape), output=name)
            else:
                net.node("Reshape", y, shape, output=name)
            outputs[name] = [2 * (side // stride) ** 2, k]
    given = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, side, side])
    return net.save(path, given, outputs)
