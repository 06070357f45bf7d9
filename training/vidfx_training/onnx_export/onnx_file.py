"""Convert a torch module to the bytes of an ONNX file."""

# torch and onnx leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Sequence
from typing import Any

import torch

from vidfx_engines.graph.edit import messages_in

OPSET = 18


def exported(
    module: torch.nn.Module,
    example: torch.Tensor,
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[int, Any],
) -> bytes:
    """The ONNX graph of ``module`` for inputs like ``example``; the axes ``dynamic`` may vary.

    It has none of the exporter's notes, which contain paths of this machine.
    """
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # from inside the exporter
            program = torch.onnx.export(
                module,
                (example,),
                input_names=inputs,
                output_names=outputs,
                dynamic_shapes=(dynamic,),
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
            assert program is not None
            model = program.model_proto
    finally:
        logging.disable(before)
    for message in messages_in(model):
        for name in ("doc_string", "metadata_props"):
            if name in message.DESCRIPTOR.fields_by_name:
                message.ClearField(name)
    return model.SerializeToString()


def halved(data: bytes) -> bytes:
    """Store large float32 weights as float16 with a Cast, which runtimes fold when loading."""
    import onnx  # noqa: PLC0415 - only for this
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    graph_model = onnx.load_from_string(data)
    graph = graph_model.graph
    casts: list[onnx.NodeProto] = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < 1024:
            continue
        name, stored = tensor.name, f"{tensor.name}.f16"
        tensor.CopyFrom(numpy_helper.from_array(values.astype("float16"), stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(graph_model)
    return graph_model.SerializeToString()
