"""An ONNX graph as a list of torch operations, planned once for each shape of the input."""

# torch and onnx leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor

from vidfx_engines.backends.torch_operators import OPERATORS, PARAMETERS, Operator
from vidfx_engines.base import PIXELS
from vidfx_engines.errors import EngineUnavailable, first_line

HOST = torch.device("cpu")
TRIAL_SIDE = 64
"""px, of the picture on which a detector's operators are checked."""


@dataclass(frozen=True)
class Node:
    """A node of the graph; names are those of values."""

    label: str
    "for messages"
    kind: str
    function: Operator
    inputs: tuple[str, ...]
    'an input that is left out is ""'
    attributes: dict[str, Any]
    output: str


@dataclass(frozen=True)
class Step:
    """An operation that runs on the device."""

    node: Node
    inputs: tuple[Tensor | str | None, ...]
    "constants, and the names of what earlier steps made"
    finished: tuple[str, ...]
    "names that no later step needs, so that their memory can be reused"


class TorchGraph:
    """See device_engine.Network. Runs on the current stream, and never waits for it."""

    def __init__(
        self, data: bytes, outputs: Sequence[str], device: torch.device, side: int | None
    ) -> None:
        """``data``: an ONNX file with the input PIXELS; ``side`` of crops, None for a detector.

        Raises EngineUnavailable for operators, or uses of them, that are not in the table.
        """
        model = onnx.load_model_from_string(data)
        self._device = device
        self._outputs = tuple(outputs)
        self._host = {t.name: _tensor(t) for t in model.graph.initializer}
        "constants, on the host"
        self._on_device: dict[str, Tensor] = {}
        self._nodes = [_node(node, _opset(model)) for node in model.graph.node]
        self._plans: dict[tuple[int, ...], list[Step]] = {}
        self._fold()
        self._last_use = {
            name: place for place, node in enumerate(self._nodes) for name in node.inputs
        }
        "the place of the last node that needs a value"
        with _one_thread():
            self._plan((2, 3, side or TRIAL_SIDE, side or TRIAL_SIDE), HOST)
        sides = {
            value.name: [dim.dim_value or None for dim in value.type.tensor_type.shape.dim]
            for value in model.graph.output
        }
        self.output_sides = [sides[name] for name in self._outputs]

    @torch.inference_mode()
    def __call__(self, pixels: Any) -> tuple[Any, ...]:
        shape = tuple(pixels.shape)
        steps = self._plans.get(shape)
        if steps is None:
            steps = self._plans[shape] = self._plan(shape, self._device)
        values: dict[str, Tensor] = {PIXELS: pixels}
        for step in steps:
            inputs = [values[x] if isinstance(x, str) else x for x in step.inputs]
            values[step.node.output] = step.node.function(inputs, step.node.attributes)
            for name in step.finished:
                del values[name]
        return tuple(values[name] for name in self._outputs)

    def _fold(self) -> None:
        """Compute at once what depends on constants only; keep on the host what is left of them."""
        nodes: list[Node] = []
        for node in self._nodes:
            if all(name in self._host for name in node.inputs if name):
                self._host[node.output] = _run(node, [self._host.get(n) for n in node.inputs])
            else:
                nodes.append(node)
        needed = {name for node in nodes for name in node.inputs}
        self._nodes = nodes
        self._host = {name: value for name, value in self._host.items() if name in needed}

    @torch.inference_mode()
    def _plan(self, shape: tuple[int, ...], device: torch.device) -> list[Step]:
        """The steps for pixels of ``shape``; what depends on shapes only is computed here.

        Runs the graph once: torch knows the shapes of results without computing them too (its
        device "meta"), but takes over a second to load that.
        """
        known = dict(self._host)
        made = {PIXELS: torch.zeros(shape, dtype=torch.uint8, device=device)}
        chosen: list[tuple[Node, tuple[Tensor | str | None, ...]]] = []
        for place, node in enumerate(self._nodes):
            if node.kind == "Shape":
                (name,) = node.inputs
                known[node.output] = _run(node, [known[name] if name in known else made[name]])
            elif all(name in known for name in node.inputs if name):
                known[node.output] = _run(node, [known.get(name) for name in node.inputs])
            else:
                inputs = tuple(self._input(node, i, known, device) for i in range(len(node.inputs)))
                chosen.append((node, inputs))
                made[node.output] = _run(
                    node, [made[x] if isinstance(x, str) else x for x in inputs]
                )
            for name in node.inputs:
                if self._last_use[name] == place and name not in self._outputs:
                    made.pop(name, None)
        return _steps(chosen, self._outputs)

    def _input(
        self, node: Node, place: int, known: dict[str, Tensor], device: torch.device
    ) -> Tensor | str | None:
        name = node.inputs[place]
        if not name:
            return None
        if place in PARAMETERS.get(node.kind, ()):
            if name not in known:
                raise EngineUnavailable(f"{node.label}: its input {name} depends on the pixels")
            return known[name]
        if name not in known:
            return name
        if name not in self._host or device != self._device:  # of this plan only
            return known[name].to(device)
        if name not in self._on_device:
            self._on_device[name] = known[name].to(device)
        return self._on_device[name]


@contextmanager
def _one_thread() -> Generator[None]:
    """For small operations on the host: with a thread for each core, processes that load their
    engines side by side wait for each other's threads, and burn four times the CPU time.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _steps(
    chosen: Sequence[tuple[Node, tuple[Tensor | str | None, ...]]], outputs: Sequence[str]
) -> list[Step]:
    """``chosen``, without what is not needed, and with what each step can free."""
    needed = set(outputs)
    steps: list[Step] = []
    for node, inputs in reversed(chosen):
        if node.output not in needed:
            continue
        names = {x for x in inputs if isinstance(x, str)}
        steps.append(Step(node, inputs, tuple(names - needed)))
        needed |= names
    return steps[::-1]


def _run(node: Node, inputs: Sequence[Tensor | None]) -> Tensor:
    """Raises EngineUnavailable where torch cannot do what the node asks for."""
    try:
        return node.function(inputs, node.attributes)
    except (ValueError, KeyError, RuntimeError, IndexError, TypeError, AttributeError) as error:
        raise EngineUnavailable(f"torch cannot run {node.label}: {first_line(error)}") from None


def _node(node: NodeProto, opset: int) -> Node:
    label = f"node {node.name or node.output[0]} [{node.op_type}]"
    function = OPERATORS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    if function is None or any(node.output[1:]):
        raise EngineUnavailable(f"torch cannot run {label}: not in its table of operators")
    attributes = {a.name: _attribute(helper.get_attribute_value(a)) for a in node.attribute}
    if node.op_type == "Softmax":
        attributes.setdefault("axis", -1 if opset >= 13 else 1)
    inputs = tuple(node.input)
    return Node(label, node.op_type, function, inputs, attributes, node.output[0])


def _attribute(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return _tensor(value) if isinstance(value, TensorProto) else value


def _tensor(given: TensorProto) -> Tensor:
    array = numpy_helper.to_array(given)
    if given.data_type == TensorProto.BFLOAT16:
        return torch.from_numpy(array.astype("float32")).to(torch.bfloat16)
    return torch.from_numpy(array.copy())


def _opset(model: onnx.ModelProto) -> int:
    return next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
