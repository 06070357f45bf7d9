"""Copies between host and device that do not block; only ``wait`` and ``synchronize`` do."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import numpy as np
import torch


class Transfers:
    """The copies of one thread, in one CUDA stream."""

    def __init__(self, device: torch.device, *, own_stream: bool = True) -> None:
        """Without ``own_stream`` it is the default one, which other libraries use too."""
        self.device = device
        self._on_cuda = device.type == "cuda"
        self._stream: torch.cuda.Stream | None = None
        if self._on_cuda:
            self._stream = (
                torch.cuda.Stream(device) if own_stream else torch.cuda.default_stream(device)
            )
        self._started = self._arrived = 0
        "copies to the host: all, and those that are known to be complete"

    @contextmanager
    def queue(self) -> Generator[None]:
        """What is launched within is queued on the stream, in order."""
        with torch.inference_mode(), torch.cuda.stream(self._stream):  # None: no stream
            yield

    def use(self, tensor: torch.Tensor) -> torch.Tensor:
        """A tensor of another stream, complete, whose memory is kept until this stream is done."""
        if self._stream is not None:
            tensor.record_stream(self._stream)
        return tensor

    def staged(self, shape: Sequence[int], dtype: torch.dtype) -> tuple[torch.Tensor, np.ndarray]:
        """Pinned memory of the host, also as an array."""
        host = torch.empty(tuple(shape), dtype=dtype, pin_memory=self._on_cuda)
        return host, host.numpy()

    def send(self, staged: torch.Tensor) -> torch.Tensor:
        """A copy on the device of what is staged, ordered on the stream."""
        sent = torch.empty(staged.shape, dtype=staged.dtype, device=self.device)
        return sent.copy_(staged, non_blocking=True)

    def to_device(self, array: np.ndarray) -> torch.Tensor:
        """A copy of a small array, ordered on the stream."""
        staged, memory = self.staged(array.shape, torch.from_numpy(array).dtype)
        memory[...] = array
        return self.send(staged)

    def to_host(self, values: torch.Tensor) -> Arrival:
        """Start a copy of contiguous ``values``."""
        staged, memory = self.staged(values.shape, values.dtype)
        staged.copy_(values, non_blocking=True)
        self._started += 1
        return Arrival(self, self._started, self._event(), memory)

    def wait(self) -> None:
        """Wait for all that is queued, within ``queue``."""
        self.synchronize(self._event())

    def wait_for(self, number: int, event: torch.cuda.Event | None) -> None:
        """Wait for a copy to the host, unless a later one has been waited for."""
        if number > self._arrived:
            self.synchronize(event)
            self._arrived = number

    def _event(self) -> torch.cuda.Event | None:
        """What is queued so far, to wait for."""
        if not self._on_cuda:
            return None
        event = torch.cuda.Event()
        event.record()
        return event

    def synchronize(self, event: torch.cuda.Event | None) -> None:
        if event is not None:
            event.synchronize()


class Arrival:
    """A copy to the host that was started."""

    def __init__(
        self, by: Transfers, number: int, event: torch.cuda.Event | None, memory: np.ndarray
    ) -> None:
        self._by, self._number, self._event, self._memory = by, number, event, memory

    def numpy(self) -> np.ndarray:
        """The values; waits until they are there."""
        self._by.wait_for(self._number, self._event)
        return self._memory
