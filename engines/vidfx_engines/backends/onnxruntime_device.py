"""Run an ONNX session on torch tensors, where frames and crops already are.

For GPUs without a TensorRT plan. Only ``run`` copies to and from the host.
"""

# torch and ONNX Runtime leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numpy as np

from vidfx_engines.base import check_batch, check_outputs, empty_outputs
from vidfx_engines.device import Device
from vidfx_engines.errors import EngineRunError, first_line
from vidfx_engines.spec import EngineSpec

FRAMES = 16
"""Frames per call."""
CROPS = 64
"""Crops per call."""
FEWEST = 4
"""Smallest batch. Larger ones are padded to a power of it, because cuDNN takes seconds to prepare
each new shape, and a few more pictures take almost no time."""


def output_sides(session: Any, spec: EngineSpec) -> list[list[int | None]]:
    """Shapes of the outputs in the spec's order; None for sides that depend on the input."""
    shapes = {output.name: output.shape for output in session.get_outputs()}
    return [
        [side if isinstance(side, int) else None for side in shapes[name]] for name in spec.outputs
    ]


class OnnxRuntimeDeviceEngine:
    """See vidfx_engines.base.Engine; ``session`` takes planar pixels and runs on ``stream``."""

    backend = "onnxruntime"

    def __init__(
        self,
        spec: EngineSpec,
        session: Any,
        device: Device,
        where: Any,
        stream: Any,
        precision: str,
    ) -> None:
        """``where``: torch.device of ``device``; ``stream``: the session's, None on the CPU."""
        self.spec = spec
        self.device = device
        self.precision = precision
        self._torch: Any = import_module("torch")
        self._where, self._stream = where, stream
        self._session: Any = session
        self._input = session.get_inputs()[0].name
        self._shapes: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        "shapes of the outputs by shape of the input; known only after the first run"
        self._sides = output_sides(session, spec)

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        batch = check_batch(self.spec, batch)
        if not len(batch):
            return empty_outputs(self._sides)
        pixels = self._torch.from_numpy(batch).to(self._where).permute(0, 3, 1, 2)
        outputs = tuple(o.cpu().numpy() for o in self.run_tensor(pixels))
        check_outputs(self.spec, outputs, len(batch))
        return outputs

    def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
        """Outputs on the device for ``pixels``, a (N, 3, H, W) uint8 tensor there, N > 0.

        Queued behind the current stream; returns when they are there. Raises EngineRunError.
        """
        most = FRAMES if self.spec.input.size is None else CROPS
        parts = [self._padded(part) for part in pixels.contiguous().split(most)]
        if len(parts) == 1:
            return parts[0]
        return tuple(self._torch.cat(part) for part in zip(*parts, strict=True))

    def _padded(self, x: Any) -> tuple[Any, ...]:
        n, size = len(x), FEWEST
        while size < n:
            size *= FEWEST
        if size > n:
            x = self._torch.cat([x, x.new_zeros((size - n, *x.shape[1:]))])
        return tuple(output[:n] for output in self._bound(x))

    def _bound(self, x: Any) -> tuple[Any, ...]:
        if self._session is None:
            raise EngineRunError(f"{self.spec.name}: closed")
        torch, stream = self._torch, self._stream
        if stream is not None:
            stream.wait_stream(torch.cuda.current_stream(self._where))
        with torch.cuda.stream(stream) if stream is not None else nullcontext():
            try:
                shapes = self._shapes.get(tuple(x.shape)) or self._first(x)
                outputs = tuple(torch.empty(shape, device=self._where) for shape in shapes)
                self._session.run_with_iobinding(self._binding(x, outputs))
            except Exception as error:  # noqa: BLE001 - its errors share no base but Exception
                raise EngineRunError(
                    f"{self.spec.name}: ONNX Runtime: {first_line(error)}"
                ) from None
        return outputs

    def _first(self, x: Any) -> list[tuple[int, ...]]:
        binding = self._binding(x, None)
        self._session.run_with_iobinding(binding)
        self._shapes[tuple(x.shape)] = [tuple(v.shape()) for v in binding.get_outputs()]
        return self._shapes[tuple(x.shape)]

    def _binding(self, x: Any, outputs: tuple[Any, ...] | None) -> Any:
        """Bind ``x`` as the input, and ``outputs``; None lets ONNX Runtime allocate them."""
        place = (self._where.type, self._where.index or 0)
        binding = self._session.io_binding()
        binding.bind_input(self._input, *place, np.uint8, tuple(x.shape), x.data_ptr())
        for i, name in enumerate(self.spec.outputs):
            if outputs is None:
                binding.bind_output(name, *place)
            else:
                shape, data = tuple(outputs[i].shape), outputs[i].data_ptr()
                binding.bind_output(name, *place, np.float32, shape, data)
        return binding

    def close(self) -> None:
        self._session = None
