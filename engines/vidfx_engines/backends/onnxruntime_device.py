"""Run an ONNX session on torch tensors, without copies to the host."""

# torch and ONNX Runtime leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numpy as np

from vidfx_engines.spec import EngineSpec


def output_sides(session: Any, spec: EngineSpec) -> list[list[int | None]]:
    """Shapes of the outputs in the spec's order; None for sides that depend on the input."""
    shapes = {output.name: output.shape for output in session.get_outputs()}
    return [
        [side if isinstance(side, int) else None for side in shapes[name]] for name in spec.outputs
    ]


class BoundSession:
    """See device_engine.Network; ``session`` takes planar pixels and runs on ``stream``."""

    def __init__(self, session: Any, spec: EngineSpec, where: Any, stream: Any) -> None:
        """``where``: the torch.device; ``stream``: the session's, None on the CPU."""
        self._torch: Any = import_module("torch")
        self._session = session
        self._outputs = spec.outputs
        self._where, self._stream = where, stream
        self._input = session.get_inputs()[0].name
        self._shapes: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        "shapes of the outputs by shape of the input; known only after the first run"
        self.output_sides = output_sides(session, spec)

    def __call__(self, pixels: Any) -> tuple[Any, ...]:
        """Queued behind the current stream; returns when the outputs are there."""
        torch, stream = self._torch, self._stream
        if stream is not None:
            stream.wait_stream(torch.cuda.current_stream(self._where))
        with torch.cuda.stream(stream) if stream is not None else nullcontext():
            shapes = self._shapes.get(tuple(pixels.shape)) or self._first(pixels)
            outputs = tuple(torch.empty(shape, device=self._where) for shape in shapes)
            self._session.run_with_iobinding(self._binding(pixels, outputs))
        return outputs

    def _first(self, pixels: Any) -> list[tuple[int, ...]]:
        binding = self._binding(pixels, None)
        self._session.run_with_iobinding(binding)
        self._shapes[tuple(pixels.shape)] = [tuple(v.shape()) for v in binding.get_outputs()]
        return self._shapes[tuple(pixels.shape)]

    def _binding(self, pixels: Any, outputs: tuple[Any, ...] | None) -> Any:
        """Bind the input, and ``outputs``; None lets ONNX Runtime allocate them."""
        place = (self._where.type, self._where.index or 0)
        binding = self._session.io_binding()
        binding.bind_input(self._input, *place, np.uint8, tuple(pixels.shape), pixels.data_ptr())
        for i, name in enumerate(self._outputs):
            if outputs is None:
                binding.bind_output(name, *place)
            else:
                shape, data = tuple(outputs[i].shape), outputs[i].data_ptr()
                binding.bind_output(name, *place, np.float32, shape, data)
        return binding
