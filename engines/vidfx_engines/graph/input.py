"""Add a uint8 RGB input to a graph, with the normalisation inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    numpy_helper,
)

from vidfx_engines.base import PIXELS
from vidfx_engines.spec import InputSpec


def with_pixels(model: ModelProto, given: InputSpec) -> ModelProto:
    """Add the input PIXELS, (N, H, W, 3) uint8 RGB, in front of the input of ``model``."""
    front = _InputNodes(model.graph, given)
    if given.colour == "bgr":
        front.then("Gather", front.constant("order", np.array([2, 1, 0], np.int64)), axis=3)
    if given.layout == "NCHW":
        front.then("Transpose", perm=[0, 3, 1, 2])
    front.cast()
    front.normalise()
    return front.put_before(model, [front.n, front.h, front.w, 3])


def with_planar_pixels(model: ModelProto, given: InputSpec) -> ModelProto:
    """Add the input PIXELS, (N, 3, H, W) uint8 RGB, in front of the input of ``model``.

    TensorRT accepts uint8 only directly before a Cast, so everything else works on floats.
    """
    front = _InputNodes(model.graph, given)
    front.cast()
    if given.colour == "bgr":
        front.then("Gather", front.constant("order", np.array([2, 1, 0], np.int64)), axis=1)
    if given.layout == "NHWC":
        front.then("Transpose", perm=[0, 2, 3, 1])
    front.normalise()
    return front.put_before(model, [front.n, 3, front.h, front.w])


class _InputNodes:
    """The nodes from PIXELS to the model's own input."""

    def __init__(self, graph: GraphProto, given: InputSpec) -> None:
        self.graph, self.given = graph, given
        self.old = next(value for value in graph.input if value.name == given.name)
        self.nodes: list[NodeProto] = []
        self.at = PIXELS
        self.n, self.h, self.w = _image_dims(self.old, given.layout)

    def then(self, kind: str, *more: str, **attributes: Any) -> None:
        made = f"{PIXELS}_{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.at, *more], [made], name=made, **attributes))
        self.at = made

    def constant(self, name: str, values: np.ndarray) -> str:
        self.graph.initializer.append(numpy_helper.from_array(values, f"{PIXELS}_{name}"))
        return f"{PIXELS}_{name}"

    def cast(self) -> None:
        if self.given.dtype == "float32":
            self.then("Cast", to=TensorProto.FLOAT)

    def normalise(self) -> None:
        along = (1, 3, 1, 1) if self.given.layout == "NCHW" else (1, 1, 1, 3)
        mean, scale = (np.array(v, np.float32) for v in (self.given.mean, self.given.scale))
        if mean.any():
            self.then("Sub", self.constant("mean", mean.reshape(along)))
        if (scale != 1).any():
            self.then("Mul", self.constant("scale", scale.reshape(along)))

    def put_before(self, model: ModelProto, sides: list[int | str]) -> ModelProto:
        graph, old = self.graph, self.old
        for node in graph.node:
            for place, name in enumerate(node.input):
                if name == old.name:
                    node.input[place] = self.at
        graph.input.remove(old)
        graph.input.insert(0, helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, sides))
        body = list(graph.node)
        del graph.node[:]
        graph.node.extend([*self.nodes, *body])
        return model


def _image_dims(value: ValueInfoProto, layout: str) -> list[int | str]:
    dims = [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
    order = (0, 2, 3) if layout == "NCHW" else (0, 1, 2)
    return [dims[axis] or letter for axis, letter in zip(order, "NHW", strict=True)]
