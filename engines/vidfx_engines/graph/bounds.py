"""Reject graphs whose constants ask for too much time or memory.

Libraries fold constants while they load a graph, so one node can block a command before the first
picture. What appears only at run time is caught by the limits of worker processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from onnx import NodeProto, TensorProto, numpy_helper

from vidfx_engines.errors import EngineFileError

MOST_ITERATIONS = 1_000_000
MOST_NUMBERS = 1 << 28
"""1 GiB of float32."""
SIZED_BY = {"Loop": 0, "ConstantOfShape": 0, "Expand": 1, "Tile": 1}
"""The input that determines the size of a node's output, by operator."""


def check_bounds(nodes: Iterable[NodeProto], constants: Iterable[TensorProto], name: str) -> None:
    """Check the ``nodes`` and ``constants`` of all graphs of the model ``name``.

    Raises EngineFileError for a loop with too many iterations, and for a tensor that is filled,
    expanded or tiled to too large a size.
    """
    nodes = list(nodes)
    known = {tensor.name: tensor for tensor in constants}
    for node in nodes:
        if node.op_type == "Constant":
            known.update((to, a.t) for to in node.output for a in node.attribute if a.HasField("t"))
    for node in nodes:
        place = SIZED_BY.get(node.op_type, len(node.input))
        tensor = known.get(node.input[place]) if place < len(node.input) else None
        if tensor is None or tensor.data_type != TensorProto.INT64:
            continue
        try:
            asked = math.prod(numpy_helper.to_array(tensor).reshape(-1).tolist())
        except ValueError:  # a damaged tensor: the inference library reports it
            continue
        most, what = (
            (MOST_ITERATIONS, "iterations") if node.op_type == "Loop" else (MOST_NUMBERS, "numbers")
        )
        if asked > most:
            raise EngineFileError(
                f"{name}: node {node.name or ', '.join(node.output)} [{node.op_type}] asks for"
                f" {asked} {what}, more than any face network needs",
                hint="export the model again; do not run models that you do not trust",
            )
