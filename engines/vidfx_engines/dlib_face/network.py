"""An ONNX graph of the layers that dlib's face network has.

dlib adds a residual to a block as if zeros followed the smaller of the two in every direction:
below, on the right and after the last channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from vidfx_engines.dlib_face.layers import (
    Affine,
    Connected,
    Convolution,
    Layer,
    Pool,
    Simple,
    Window,
)

INPUT, OUTPUT = "face", "embedding"
OPSET, IR_VERSION = 13, 7
Sides = tuple[int, int]
"""Channels, and px of the side."""


def network(layers: Iterable[Layer], side: int) -> ModelProto:
    """The network from (N, 3, side, side) to (N, D) float32; ``layers`` from the input up.

    Its bytes are the same on every machine.
    """
    graph = _Graph(side)
    for layer in _folded(layers):
        graph.add(layer)
    return graph.model(side)


def _folded(layers: Iterable[Layer]) -> Iterator[Layer]:
    """``layers``, with each affine layer inside the convolution before it."""
    waiting: Convolution | None = None
    for layer in layers:
        if isinstance(layer, Convolution):
            waiting = layer
        elif isinstance(layer, Affine):
            assert waiting is not None
            gamma = layer.gamma.astype(np.float64)
            filters = (waiting.filters * gamma[:, None, None, None]).astype(np.float32)
            bias = (waiting.bias * gamma + layer.beta).astype(np.float32)
            yield Convolution(waiting.window, filters, bias)
        else:
            yield layer


class _Graph:
    """The nodes so far; a block begins after the first pool and after each sum."""

    def __init__(self, side: int) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []
        self._at, self._sides = INPUT, (3, side)
        self._residual: tuple[str, Sides] = self._at, self._sides
        self._summed = False

    def add(self, layer: Layer) -> None:
        match layer:
            case Convolution(window, filters, bias):
                names = self._constant("filters", filters), self._constant("bias", bias)
                self._sides = len(bias), _moved(window, self._sides[1])
                self._at = self._node("Conv", self._at, *names, **_attributes(window))
            case Pool("max", window):
                self._sides = self._sides[0], _moved(window, self._sides[1])
                self._at = self._node("MaxPool", self._at, **_attributes(window))
                self._residual = self._at, self._sides
            case Pool(_, Window(0)):
                self._at = self._node("ReduceMean", self._at, axes=[2, 3], keepdims=0)
            case Pool(_, window):
                name, (channels, side) = self._residual
                pooled = self._node("AveragePool", name, **_attributes(window))
                self._residual = pooled, (channels, _moved(window, side))
            case Simple("add_prev"):
                self._add_residual()
            case Simple():
                self._at = self._node("Relu", self._at)
                if self._summed:
                    self._residual, self._summed = (self._at, self._sides), False
            case Connected(weights):
                self._at = self._node("MatMul", self._at, self._constant("weights", weights))
            case Affine():
                raise ValueError("an affine layer without a convolution")

    def model(self, side: int) -> ModelProto:
        self._nodes[-1].output[0] = OUTPUT
        columns = self._weights[-1].dims[1]
        picture = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", 3, side, side])
        vector = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", columns])
        graph = helper.make_graph(self._nodes, "dlib-face", [picture], [vector], self._weights)
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)

    def _add_residual(self) -> None:
        name, sides = self._residual
        wide = max(self._sides[0], sides[0]), max(self._sides[1], sides[1])
        main = self._padded(self._at, self._sides, wide)
        self._at = self._node("Add", main, self._padded(name, sides, wide))
        self._sides, self._summed = wide, True

    def _padded(self, name: str, sides: Sides, wide: Sides) -> str:
        channels, more = wide[0] - sides[0], wide[1] - sides[1]
        if not channels and not more:
            return name
        pads = np.array([0, 0, 0, 0, 0, channels, more, more], np.int64)
        return self._node("Pad", name, self._constant("pads", pads))

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def _constant(self, what: str, values: np.ndarray) -> str:
        name = f"{what}_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _moved(window: Window, side: int) -> int:
    """How many times the window fits along ``side`` px."""
    return (side + 2 * window.padding - window.size) // window.stride + 1


def _attributes(window: Window) -> dict[str, list[int]]:
    return {
        "kernel_shape": [window.size] * 2,
        "strides": [window.stride] * 2,
        "pads": [window.padding] * 4,
    }
