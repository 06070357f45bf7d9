"""Batches for a TensorRT plan: split by the profile, small ones replayed as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

REPLAYED = (1, 2, 4, 8)
"""Batches that are padded to one of these and replayed: launching takes longer than computing."""


@dataclass(frozen=True)
class CapturedGraph:
    """A recorded run of one batch size, with the tensors that it reads and writes."""

    graph: Any
    "has ``replay()``, as torch.cuda.CUDAGraph does"
    pixels: Any
    "(size, 3, H, W) uint8"
    outputs: tuple[Any, ...]
    "each (size, ...)"


@dataclass
class Batches:
    """Runs any number of pictures through what takes ``most`` at once."""

    most: int
    captured: dict[int, CapturedGraph] = field(default_factory=dict[int, CapturedGraph])
    "by batch size"

    def __call__(self, pixels: Any, enqueue: Callable[[Any], tuple[Any, ...]]) -> tuple[Any, ...]:
        """The outputs for ``pixels``, (N, 3, H, W) uint8, N > 0. They are the caller's own.

        ``enqueue`` runs what is not replayed: up to ``most`` pictures, outputs (N, ...).
        """
        parts = [
            self._replay(part) if len(part) <= max(self.captured, default=0) else enqueue(part)
            for part in pixels.contiguous().split(self.most)
        ]
        if len(parts) == 1:
            return parts[0]
        return tuple(import_module("torch").cat(part) for part in zip(*parts, strict=True))

    def _replay(self, x: Any) -> tuple[Any, ...]:
        """A batch through the smallest graph that holds it, on the current stream."""
        found = self.captured[min(size for size in self.captured if size >= len(x))]
        found.pixels[: len(x)].copy_(x)
        found.graph.replay()
        return tuple(output[: len(x)].clone() for output in found.outputs)
