"""Edits of ONNX graphs, so that one file serves every backend.

After ``prepare`` a model takes (N, H, W, 3) or (N, 3, H, W) uint8 RGB and contains its
normalisation; any N and, for detectors, any H and W; outputs have the batch as first axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from google.protobuf.message import DecodeError, Message
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    numpy_helper,
)

from vidfx_engines.errors import EngineFileError, first_line
from vidfx_engines.graph.bounds import check_bounds
from vidfx_engines.graph.input import with_pixels, with_planar_pixels
from vidfx_engines.spec import EngineSpec

CHANNELS_LAST = [0, 2, 3, 1]
QUANTISED = ("QuantizeLinear", "QLinearConv", "ConvInteger")
BATCH_IN_ROWS = [2, 3, 0, 1]
"""The order in which published SCRFD files transpose their heads: wrong for N > 1."""


@dataclass(frozen=True)
class Prepared:
    """A model that every backend can load."""

    data: bytes
    "an ONNX file"
    int8: bool
    "whether it computes in int8"


def prepare(spec: EngineSpec, data: bytes, *, planar: bool = False) -> Prepared:
    """The ONNX file ``data`` for every backend; ``planar``, NCHW input, for TensorRT.

    Raises EngineFileError where it is not an ONNX file, refers to other files, or does not match
    ``spec``.
    """
    model = parse(data, spec.weights)
    _check_against(spec, model)
    int8 = any(node.op_type in QUANTISED for node in model.graph.node)
    if spec.input.size is None:
        with_dynamic_shape(model, spec.input.layout)
    else:
        with_dynamic_batch(model)
    put = with_planar_pixels if planar else with_pixels
    return Prepared(put(model, spec.input).SerializeToString(), int8)


def parse(data: bytes, name: str) -> ModelProto:
    """Parse the ONNX file ``name``. Raises EngineFileError if invalid or not self-contained."""
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError:
        raise EngineFileError(f"{name}: not an ONNX file") from None
    if not model.graph.node or not model.graph.output:
        raise EngineFileError(f"{name}: not an ONNX file, or an empty one")
    nodes: list[NodeProto] = []
    tensors: list[TensorProto] = []
    for message in messages_in(model):
        if isinstance(message, NodeProto):
            nodes.append(message)
        elif isinstance(message, TensorProto):
            tensors.append(message)
        if isinstance(message, TensorProto) and (
            message.data_location == TensorProto.EXTERNAL or message.external_data
        ):
            raise EngineFileError(
                f"{name}: has weights in other files, which vidfx does not read",
                hint="save it as one file: onnx.save(onnx.load(path), path)",
            )
        if isinstance(message, NodeProto) and message.op_type == "EPContext":
            raise EngineFileError(f"{name}: contains a compiled blob (EPContext), not a network")
    check_bounds(nodes, tensors, name)
    return model


def check(data: bytes, name: str) -> None:
    """Raises EngineFileError where the ONNX file is invalid."""
    try:
        onnx.checker.check_model(data)  # pyright: ignore[reportUnknownMemberType]
    except onnx.checker.ValidationError as error:
        raise EngineFileError(f"{name}: not a valid graph: {first_line(error)}") from None


def inputs(model: ModelProto) -> list[str]:
    """Names of the model's inputs."""
    return [value.name for value in _inputs(model.graph)]


def shapes(values: Iterable[ValueInfoProto]) -> dict[str, list[int]]:
    """Declared shapes by name, 0 for sides that depend on the input."""
    return {v.name: [dim.dim_value for dim in v.type.tensor_type.shape.dim] for v in values}


def with_dynamic_batch(model: ModelProto) -> ModelProto:
    """Make the batch axis of ``model`` dynamic, in place."""
    _batch_first(model.graph)
    _reshapes_of_one(model.graph)
    for value in (*_inputs(model.graph), *model.graph.output):
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_param = "N"
    del model.graph.value_info[:]
    return model


def with_dynamic_shape(model: ModelProto, layout: str = "NCHW") -> ModelProto:
    """Make batch, height and width of ``model``, a detector, dynamic, in place."""
    _relative_resizes(model)
    with_dynamic_batch(model)
    sides = (2, 3) if layout == "NCHW" else (1, 2)
    for value in _inputs(model.graph):
        for axis, letter in zip(sides, "HW", strict=True):
            value.type.tensor_type.shape.dim[axis].dim_param = letter
    for value in model.graph.output:
        dims = value.type.tensor_type.shape.dim
        stays = 1 if len(dims) == 4 else len(dims) - 1  # (N, C, h, w) maps, (N, anchors, k) rows
        for axis in {1, 2, 3} & set(range(len(dims))) - {stays}:
            dims[axis].dim_param = f"{value.name}_{axis}"
    return model


def _batch_first(graph: GraphProto) -> None:
    """Give a batch axis to heads that flatten all pictures into one list, or are fixed to one.

    Transpose (2,3,0,1), Reshape (-1,k) becomes Transpose (0,2,3,1), Reshape (0,-1,k), which is
    the same for one picture.
    """
    made_by = {name: node for node in graph.node for name in node.output}
    known = _constants(graph)
    widened: set[str] = set()
    for node in graph.node:
        if node.op_type != "Reshape":
            if node.op_type in ("Sigmoid", "Identity", "Cast") and node.input[0] in widened:
                widened.update(node.output)
            continue
        source = made_by.get(node.input[0])
        shape = known.get(node.input[1]) if len(node.input) > 1 else None
        if source is None or source.op_type != "Transpose" or shape is None:
            continue
        perm = next((a for a in source.attribute if a.name == "perm"), None)
        if perm is None or list(perm.ints) not in (CHANNELS_LAST, BATCH_IN_ROWS):
            continue
        rows = shape.tolist()
        flat = len(rows) == 2 and rows[0] == -1
        if not flat and (len(rows) != 3 or rows[:2] != [1, -1]):
            continue
        perm.ints[:] = CHANNELS_LAST
        name = f"{node.output[0]}_rows"
        add_constant(graph, name, np.array([0, -1, rows[-1]], np.int64))
        node.input[1] = name
        if flat:
            widened.update(node.output)
    for value in graph.output:
        tensor = value.type.tensor_type
        if value.name in widened and len(tensor.shape.dim) == 2:
            sides = ["N", f"{value.name}_rows", tensor.shape.dim[1].dim_value]
            value.CopyFrom(helper.make_tensor_value_info(value.name, tensor.elem_type, sides))


def _reshapes_of_one(graph: GraphProto) -> None:
    """In a graph for one picture, let Reshapes to a batch of one keep the batch that they get."""
    given = [value.type.tensor_type.shape.dim for value in _inputs(graph)]
    if not all(dims and dims[0].dim_value == 1 for dims in given):
        return
    known = _constants(graph)
    fixed = {tensor.name for tensor in graph.initializer} | {
        name for node in graph.node if node.op_type == "Constant" for name in node.output
    }
    for node in graph.node:
        shape = known.get(node.input[1]) if node.op_type == "Reshape" else None
        rows: list[int] = [] if shape is None else shape.tolist()
        if len(rows) > 1 and rows[0] == 1 and node.input[0] not in fixed:
            name = f"{node.output[0]}_batch"
            add_constant(graph, name, np.array([0, *rows[1:]], np.int64))
            node.input[1] = name


def _relative_resizes(model: ModelProto) -> None:
    """Replace the fixed output sizes of Resize nodes with scale factors."""
    known = _constants(model.graph)
    fixed = [
        node
        for node in model.graph.node
        if node.op_type == "Resize" and len(node.input) == 4 and node.input[3] in known
    ]
    if not fixed:
        return
    try:
        inferred = onnx.shape_inference.infer_shapes(model).graph
    except onnx.shape_inference.InferenceError as error:
        raise EngineFileError(f"its graph is invalid: {first_line(error)}") from None
    known_shapes = shapes((*inferred.input, *inferred.value_info))
    for node in fixed:
        before, after = known_shapes.get(node.input[0], []), known[node.input[3]]
        if len(before) != len(after) or not all(before):
            raise EngineFileError(
                f"node {node.name or node.output[0]}: resizes by no constant factor",
                hint="export the model again with a dynamic height and width",
            )
        name = f"{node.output[0]}_factors"
        add_constant(model.graph, name, (after / np.array(before)).astype(np.float32))
        node.input[2] = name
        del node.input[3:]


def _check_against(spec: EngineSpec, model: ModelProto) -> None:
    """Raises EngineFileError unless names, types and number of labels match the spec."""
    graph = model.graph
    names = [value.name for value in _inputs(graph)]
    if names != [spec.input.name]:
        raise EngineFileError(
            f"{spec.weights}: its inputs are {', '.join(names)}; input.name is {spec.input.name}"
        )
    tensor = input_of(graph, spec.input.name).type.tensor_type
    kinds: dict[int, str] = {TensorProto.FLOAT: "float32", TensorProto.UINT8: "uint8"}
    kind = kinds.get(tensor.elem_type)
    if kind != spec.input.dtype or len(tensor.shape.dim) != 4:
        raise EngineFileError(
            f"{spec.weights}: its input is not a picture of {spec.input.dtype}, as input.dtype says"
        )
    outputs = {value.name: value for value in graph.output}
    missing = [name for name in spec.outputs if name not in outputs]
    if missing:
        raise EngineFileError(f"{spec.weights}: has no output {missing[0]}, which outputs names")
    if spec.labels:
        dims = outputs[spec.outputs[0]].type.tensor_type.shape.dim
        columns = dims[-1].dim_value if dims else 0
        if columns and columns != len(spec.labels):
            raise EngineFileError(
                f"{spec.weights}: gives {columns} probabilities; labels has {len(spec.labels)}",
                hint="labels and weights are not of one training; build the engine again",
            )


def _inputs(graph: GraphProto) -> list[ValueInfoProto]:
    """Old files list their weights among the inputs."""
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def input_of(graph: GraphProto, name: str) -> ValueInfoProto:
    return next(value for value in graph.input if value.name == name)


def _constants(graph: GraphProto) -> dict[str, np.ndarray]:
    """Small integer vectors by name, from weights and Constant nodes."""
    tensors = [(tensor.name, tensor) for tensor in graph.initializer]
    for node in graph.node:
        if node.op_type == "Constant":
            tensors += [(node.output[0], a.t) for a in node.attribute if a.name == "value"]
    return {
        name: numpy_helper.to_array(tensor)
        for name, tensor in tensors
        if tensor.data_type == TensorProto.INT64 and len(tensor.dims) == 1 and tensor.dims[0] > 0
    }


def add_constant(graph: GraphProto, name: str, values: np.ndarray) -> None:
    graph.initializer.append(numpy_helper.from_array(values, name))


def messages_in(message: Message) -> Iterator[Message]:
    """A protobuf message and all messages inside it."""
    stack: list[Message] = [message]
    while stack:
        here = stack.pop()
        yield here
        for descriptor, value in here.ListFields():
            if descriptor.message_type is not None:
                stack.extend([value] if isinstance(value, Message) else value)
