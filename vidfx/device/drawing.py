"""Draws boxes and labels on frames on the device, for an encoder that reads them there.

Only the pixels of boxes and labels are sent from the host.
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
from vidfx.overlay.drawing import Blend
from vidfx.overlay.labels import FaceLabel
from vidfx.overlay.painter import Painter
from vidfx.types import Frame, Surface

PITCH = 256
"""Bytes: rows of surfaces begin at multiples of it, as those of CUDA's own pictures."""


class SurfacePainter:
    """Draws what ``painter`` draws, on the frames of one video; for one thread."""

    def __init__(self, painter: Painter, device: str) -> None:
        self._painter = painter
        self._transfers = Transfers(torch.device(device))

    def paint(self, frame: Frame, labels: Sequence[FaceLabel], time_s: float) -> Frame:
        """``frame``, whose ``device`` is a DeviceFrame, with a Surface instead, complete."""
        assert isinstance(frame.device, DeviceFrame)
        planes = frame.device.planes
        with self._transfers.queue():
            for blend in self._painter.blends(labels, time_s):
                _apply(blend, planes, self._transfers)
            surface = _surface(planes)
            self._transfers.wait()
        return replace(frame, device=surface)


def surface_of(planes: np.ndarray, device: str) -> Surface:
    """I420 planes of the host, (H * 3 / 2, W) uint8, as a Surface on the device."""
    transfers = Transfers(torch.device(device))
    with transfers.queue():
        surface = _surface(transfers.to_device(planes))
        transfers.wait()
    return surface


def _apply(blend: Blend, planes: torch.Tensor, transfers: Transfers) -> None:
    """See Blend.apply."""
    n = len(blend.place)
    staged, memory = transfers.staged((10 * n,), torch.uint8)
    memory[: 8 * n].view(np.int64)[:] = blend.place
    memory[8 * n : 9 * n], memory[9 * n :] = blend.keep, blend.add
    sent = transfers.send(staged)
    place, keep, add = sent[: 8 * n].view(torch.int64), sent[8 * n : 9 * n], sent[9 * n :]
    flat = planes.view(-1)
    kept = (flat[place].int() * keep + 127).div_(255, rounding_mode="floor")
    flat[place] = kept.add_(add).clamp_(max=255).to(torch.uint8)


def _surface(planes: torch.Tensor) -> Surface:
    """I420 as NV12 in one piece of memory, chroma right behind luma, which NVENC expects."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    memory = planes.new_empty(len(planes), -(-width // PITCH) * PITCH)[:, :width]
    memory[:height] = planes[:height]
    chroma = memory[height:].unflatten(1, (width // 2, 2))
    chroma[...] = planes[height:].view(2, height // 2, width // 2).permute(1, 2, 0)
    return Surface(memory[:height], memory[height:])
