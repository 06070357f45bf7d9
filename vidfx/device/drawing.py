"""Draws boxes and labels on frames on the device, for an encoder that reads them there.

Boxes and labels are sent from the host when they are new, and kept there.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from vidfx.device.frames import DeviceFrame
from vidfx.device.transfers import Transfers
from vidfx.overlay.drawing import Drawing
from vidfx.overlay.labels import FaceLabel
from vidfx.overlay.painter import Painter
from vidfx.types import Frame, Surface

COPIES = 512
"""Arrays that are kept on the device: three of each box and each label."""
PITCH = 256
"""Bytes: rows of surfaces begin at multiples of it, as those of CUDA's own pictures."""


class SurfacePainter:
    """Draws what ``painter`` draws, on the frames of one video; for one thread."""

    def __init__(self, painter: Painter, device: str) -> None:
        self._painter = painter
        self._transfers = Transfers(torch.device(device))
        self._copies: dict[int, tuple[np.ndarray, torch.Tensor]] = {}
        "by the identity of the array, which lives as long; the last used is the last"

    def paint(self, frame: Frame, labels: Sequence[FaceLabel], time_s: float) -> Frame:
        """``frame``, whose ``device`` is a DeviceFrame, with a Surface instead, complete."""
        assert isinstance(frame.device, DeviceFrame)
        planes = frame.device.planes
        with self._transfers.queue():
            for step in self._painter.steps(labels, time_s):
                self._draw(step, planes.view(-1))
            surface = _surface(planes)
            self._transfers.wait()
        return replace(frame, device=surface)

    def _draw(self, step: Sequence[Drawing], flat: torch.Tensor) -> None:
        """See vidfx.overlay.drawing.draw."""
        stamps = [one.stamp for one in step]
        begins = [begin for one in step for begin in one.begins]
        counts = np.concatenate([one.counts for one in stamps])
        begin, count = self._transfers.to_device(np.stack([begins, counts]))
        place = self._joined([one.place for one in stamps])
        place += torch.repeat_interleave(begin, count, output_size=len(place))
        keep, add = (self._joined([one[i] for one in stamps]) for i in (1, 2))
        kept = (flat[place].int() * keep + 127).div_(255, rounding_mode="floor")
        flat[place] = kept.add_(add).clamp_(max=255).to(torch.uint8)

    def _joined(self, arrays: Sequence[np.ndarray]) -> torch.Tensor:
        return torch.cat([self._on_device(array) for array in arrays])

    def _on_device(self, array: np.ndarray) -> torch.Tensor:
        """A copy of an array that never changes; those used last are kept."""
        key = id(array)
        _, copied = self._copies.pop(key, None) or (array, self._transfers.to_device(array))
        self._copies[key] = array, copied
        if len(self._copies) > COPIES:
            del self._copies[next(iter(self._copies))]
        return copied


def surface_of(planes: np.ndarray, device: str) -> Surface:
    """I420 planes of the host, (H * 3 / 2, W) uint8, as a Surface on the device."""
    transfers = Transfers(torch.device(device))
    with transfers.queue():
        surface = _surface(transfers.to_device(planes))
        transfers.wait()
    return surface


def _surface(planes: torch.Tensor) -> Surface:
    """I420 as NV12 in one piece of memory, chroma right behind luma, which NVENC expects."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    memory = planes.new_empty(len(planes), -(-width // PITCH) * PITCH)[:, :width]
    memory[:height] = planes[:height]
    chroma = memory[height:].unflatten(1, (width // 2, 2))
    chroma[...] = planes[height:].view(2, height // 2, width // 2).permute(1, 2, 0)
    return Surface(memory[:height], memory[height:])
