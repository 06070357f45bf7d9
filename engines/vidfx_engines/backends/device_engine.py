"""An engine on torch tensors, where frames and crops already are: batches of few, fixed sizes.

Every new shape costs cuDNN seconds of planning, so parts of a batch are padded to one of the sizes,
and all sizes run once, in a thread, before they are needed. Only ``run`` copies to and from the
host.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from vidfx_engines.base import check_batch, check_outputs, empty_outputs
from vidfx_engines.device import Device
from vidfx_engines.errors import EngineRunError, first_line
from vidfx_engines.spec import EngineSpec

FRAMES = (16,)
"""Frames per call of a detector. On an H200, 16 took ONNX Runtime as long as one (docs/gpu.md)."""
CROPS = (8, 64)
"""Crops per call of a classifier."""


class Network(Protocol):
    """What runs one batch on the device."""

    @property
    def output_sides(self) -> Sequence[Sequence[int | None]]:
        """Shapes of the outputs in the spec's order; None for sides that depend on the input."""
        ...

    def __call__(self, pixels: Any) -> tuple[Any, ...]:
        """Outputs for (N, 3, H, W) uint8, ordered on the current stream; the caller's own."""
        ...


@dataclass(frozen=True)
class RunsOn:
    """What runs a network, and where."""

    backend: str
    library: str
    "its name in messages"
    device: Device
    torch_device: Any
    precision: str


class DeviceEngine:
    """See vidfx_engines.base.Engine and PreparesShapes."""

    def __init__(self, spec: EngineSpec, network: Network, where: RunsOn) -> None:
        self.spec = spec
        self.backend, self.device, self.precision = where.backend, where.device, where.precision
        self._where = where
        self._torch: Any = import_module("torch")
        self._network: Network | None = network
        self._output_sides = network.output_sides
        self._sizes = FRAMES if spec.input.size is None else CROPS
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="warm-up")
        self._preparing: deque[Future[None]] = deque()
        self._prepared: set[tuple[int, int]] = set()

    def prepare(self, height: int, width: int) -> None:
        """See vidfx_engines.base.PreparesShapes."""
        sides = (self.spec.input.size or height, self.spec.input.size or width)
        if sides not in self._prepared:
            self._prepared.add(sides)
            for size in self._sizes:
                self._preparing.append(self._thread.submit(self._run_zeros, size, *sides))

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        batch = check_batch(self.spec, batch)
        if not len(batch):
            return empty_outputs(self._output_sides)
        pixels = self._torch.tensor(batch, device=self._where.torch_device).permute(0, 3, 1, 2)
        outputs = tuple(o.cpu().numpy() for o in self.run_tensor(pixels))
        check_outputs(self.spec, outputs, len(batch))
        return outputs

    def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
        """Outputs on the device for ``pixels``, a (N, 3, H, W) uint8 tensor there, N > 0.

        Ordered on the current stream. Raises EngineRunError.
        """
        while self._preparing:
            self._preparing.popleft().result()
        parts = [self._padded(part) for part in pixels.contiguous().split(self._sizes[-1])]
        if len(parts) == 1:
            return parts[0]
        return tuple(self._torch.cat(part) for part in zip(*parts, strict=True))

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._preparing.clear()
        self._network = None

    def _padded(self, x: Any) -> tuple[Any, ...]:
        n = len(x)
        size = min(size for size in self._sizes if size >= n)
        if size > n:
            x = self._torch.cat([x, x.new_zeros((size - n, *x.shape[1:]))])
        return tuple(output[:n] for output in self._run(x))

    def _run_zeros(self, size: int, height: int, width: int) -> None:
        torch, where = self._torch, self._where.torch_device
        self._run(torch.zeros((size, 3, height, width), dtype=torch.uint8, device=where))
        if where.type == "cuda":
            torch.cuda.current_stream(where).synchronize()

    def _run(self, x: Any) -> tuple[Any, ...]:
        if self._network is None:
            raise EngineRunError(f"{self.spec.name}: closed")
        try:
            return self._network(x)
        except Exception as error:  # noqa: BLE001 - libraries' errors share no base but Exception
            raise EngineRunError(
                f"{self.spec.name}: {self._where.library}: {first_line(error)}"
            ) from None
