"""Convert an ONNX graph to 16-bit arithmetic.

TensorRT builds exactly the types of the graph, so fp16 and bf16 are edits of the file: weights and
intermediate results become 16 bits wide, inputs and outputs keep their types.
"""

from __future__ import annotations

from typing import Literal

import ml_dtypes
import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from vidfx_engines.errors import EngineFileError

Half = Literal["fp16", "bf16"]
TYPES: dict[Half, tuple[int, type]] = {
    "fp16": (TensorProto.FLOAT16, np.float16),
    "bf16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16),
}
LARGEST = 65504.0
"""The largest float16."""
STAYS_FLOAT: dict[str, tuple[int, ...]] = {"Resize": (1, 2), "Upsample": (1,)}
"""Inputs, by operator, that ONNX allows only in 32 bits."""
HOLDS_GRAPHS = ("If", "Loop", "Scan")
QUANTISES = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "ConvInteger")


def to_half(model: ModelProto, kind: Half) -> ModelProto:
    """Make ``model`` compute in ``kind``, in place.

    Raises EngineFileError for subgraphs, int8 files, and weights that overflow float16.
    """
    graph = model.graph
    element, _ = TYPES[kind]
    wrong = next((n for n in graph.node if n.op_type in (*HOLDS_GRAPHS, *QUANTISES)), None)
    if wrong is not None:
        raise EngineFileError(
            f"node {wrong.name or wrong.output[0]} [{wrong.op_type}]: not convertible to {kind}",
            hint="build it as it is, with --precision fp32",
        )
    _halve_weights(model, kind)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == 1:
                attribute.i = element
            elif attribute.HasField("t") and attribute.t.data_type == TensorProto.FLOAT:
                attribute.t.CopyFrom(_halved(attribute.t, kind))
            elif node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                values = np.array(attribute.floats or attribute.f, np.float32)
                tensor = _halved(numpy_helper.from_array(values, node.output[0]), kind)
                attribute.CopyFrom(helper.make_attribute("value", tensor))
    _remove_weights_from_inputs(model)
    _cast_inputs_and_outputs(model, element)
    del graph.value_info[:]
    return model


def _halved(tensor: TensorProto, kind: Half) -> TensorProto:
    values: np.ndarray = numpy_helper.to_array(tensor)
    if kind == "fp16" and (np.abs(values[np.isfinite(values)]) > LARGEST).any():
        raise EngineFileError(
            f"weight {tensor.name}: has values above {LARGEST:g}, the largest of fp16",
            hint="use --precision bf16",
        )
    halved: np.ndarray = np.asarray(values, dtype=np.dtype(TYPES[kind][1]))
    return numpy_helper.from_array(halved, tensor.name)


def _halve_weights(model: ModelProto, kind: Half) -> None:
    """Halve all weights; inputs that must stay float get a float copy."""
    graph = model.graph
    whole = {t.name: t for t in graph.initializer if t.data_type == TensorProto.FLOAT}
    kept: dict[str, TensorProto] = {}
    for node in graph.node:
        for place in STAYS_FLOAT.get(node.op_type, ()):
            name = node.input[place] if place < len(node.input) else ""
            if name in whole:
                copy = TensorProto()
                copy.CopyFrom(whole[name])
                copy.name = f"{name}_float"
                kept[copy.name] = copy
                node.input[place] = copy.name
    for tensor in whole.values():
        tensor.CopyFrom(_halved(tensor, kind))
    graph.initializer.extend(kept.values())


def _remove_weights_from_inputs(model: ModelProto) -> None:
    """Remove weights from the inputs, where old files list them, as floats."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)


def _cast_inputs_and_outputs(model: ModelProto, element: int) -> None:
    """Insert casts after float inputs and before float outputs."""
    graph = model.graph
    first: list[NodeProto] = []
    last: list[NodeProto] = []
    renamed: dict[str, str] = {}
    for value in graph.input:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            renamed[value.name] = f"{value.name}_half"
            first.append(helper.make_node("Cast", [value.name], [renamed[value.name]], to=element))
    for value in graph.output:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            renamed[value.name] = f"{value.name}_half"
            last.append(
                helper.make_node("Cast", [renamed[value.name]], [value.name], to=TensorProto.FLOAT)
            )
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name in renamed:
                    names[place] = renamed[name]
    nodes = [*first, *graph.node, *last]
    del graph.node[:]
    graph.node.extend(nodes)
