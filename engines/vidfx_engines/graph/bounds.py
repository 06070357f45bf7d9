"""Refusing graphs that say themselves that they would take all time or memory.

Libraries work out what is constant while they load a graph, so one node can keep a command that
never runs a picture. What only running tells is left to the limits of worker processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from onnx import NodeProto, TensorProto, numpy_helper

from vidfx_engines.errors import EngineFileError

MOST_ROUNDS = 1_000_000
MOST_NUMBERS = 1 << 28
"""1 GiB of float32."""
SIZED_BY = {"Loop": 0, "ConstantOfShape": 0, "Expand": 1, "Tile": 1}
"""The input that says how much a node makes, by its kind."""


def check_bounds(nodes: Iterable[NodeProto], constants: Iterable[TensorProto], name: str) -> None:
    """``nodes`` and ``constants`` are those of all graphs of a model, ``name`` is for the text.

    Raises EngineFileError for a loop of too many rounds, and for a tensor that is filled, expanded
    or tiled to a size that is too large.
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
        except ValueError:  # a damaged tensor, of which the library that runs it tells
            continue
        most, what = (
            (MOST_ROUNDS, "rounds") if node.op_type == "Loop" else (MOST_NUMBERS, "numbers")
        )
        if asked > most:
            raise EngineFileError(
                f"{name}: node {node.name or ', '.join(node.output)} [{node.op_type}] asks for"
                f" {asked} {what}, more than any face network needs",
                hint="export the model again; do not run models that you do not trust",
            )
