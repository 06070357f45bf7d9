"""Moves frames to the device: in batches, one batch ahead of the analysis."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

import numpy as np
import torch

from vidfx.device.colour import i420_to_rgb, nv12_to_rgb, planes_of, rgb_to_nv12
from vidfx.device.resize import resize
from vidfx.stages.cuts import SIDE
from vidfx.types import Colour, Frame, FrameBatch, Surface

BATCH = 16


@dataclass(frozen=True)
class DeviceFrame:
    """One frame's pixels on the device."""

    pixels: torch.Tensor
    "(3, H, W) uint8 RGB"


def on_device(
    frames: Iterable[Frame], device: torch.device, colour: Colour
) -> Iterator[FrameBatch]:
    """The same frames, which are ``retained``, with ``Frame.device`` a DeviceFrame.

    What a decoder left on the device stays there and gets its planes for the encoder; what it
    left on the host is sent from pinned memory. While one batch is copied the one before it
    is yielded, so that no one waits for a copy that was just started.
    """
    iterator = iter(frames)
    before: _BatchCopy | None = None
    while chunk := list(islice(iterator, BATCH)):
        now = _BatchCopy(chunk, device, colour)
        if before is not None:
            yield before.wait()
        before = now
    if before is not None:
        yield before.wait()


class _BatchCopy:
    """Frames that are being copied to the device."""

    def __init__(self, frames: Sequence[Frame], device: torch.device, colour: Colour) -> None:
        self.frames = frames
        self._device = device
        self._pinned = device.type == "cuda"
        self._planes: list[torch.Tensor | None] = [None] * len(frames)
        if isinstance(frames[0].device, Surface):
            self._pixels = torch.stack([self._from_surface(i, colour) for i in range(len(frames))])
        elif len(planes := [f.planes for f in frames if f.planes is not None]) == len(frames):
            planes = self._to_device(planes)
            self._pixels = i420_to_rgb(planes, colour.matrix)
        else:
            pixels = self._to_device([frame.rgb for frame in frames])
            self._pixels = pixels.permute(0, 3, 1, 2).contiguous()
        few = torch.nn.functional.interpolate(self._pixels, size=(4 * SIDE, 4 * SIDE))  # nearest
        small = resize(few, SIDE, SIDE, "area").round()
        self._small = self._to_host(small.permute(0, 2, 3, 1).contiguous())
        self._event = torch.cuda.Event() if self._pinned else None
        if self._event is not None:
            self._event.record()

    def wait(self) -> FrameBatch:
        """The frames, once they are on the device."""
        if self._event is not None:
            self._event.synchronize()
        return FrameBatch([self._ready(i) for i in range(len(self.frames))], self._small.numpy())

    def _ready(self, i: int) -> Frame:
        frame, planes = self.frames[i], self._planes[i]
        return replace(
            frame,
            device=DeviceFrame(self._pixels[i]),
            planes=frame.planes if planes is None else planes.numpy(),
        )

    def _from_surface(self, i: int, colour: Colour) -> torch.Tensor:
        """RGB of a frame; its planes too if the encoder needs them."""
        surface = cast(Surface, self.frames[i].device)
        if surface.rgb is not None:
            rgb = surface.rgb.permute(2, 0, 1)
            if surface.wants_planes:
                self._planes[i] = self._to_host(planes_of(*rgb_to_nv12(rgb, colour.matrix)))
            return rgb
        luma = surface.luma.view(len(surface.luma), -1)  # PyNvVideoCodec's is (H, W, 1)
        chroma = surface.chroma.view(len(luma) // 2, -1, 2)
        rgb = nv12_to_rgb(luma, chroma, colour.matrix, full_range=colour.full_range)
        if surface.wants_planes:
            if colour.full_range:  # planes of a Frame are always limited
                luma, chroma = rgb_to_nv12(rgb, colour.matrix)
            self._planes[i] = self._to_host(planes_of(luma, chroma))
        return rgb

    def _to_device(self, arrays: Sequence[np.ndarray]) -> torch.Tensor:
        host = torch.from_numpy(np.stack(arrays))
        host = host.pin_memory() if self._pinned else host
        return host.to(self._device, non_blocking=True)

    def _to_host(self, values: torch.Tensor) -> torch.Tensor:
        if not self._pinned:
            return values
        host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
        return host.copy_(values, non_blocking=True)


def retained(frames: Iterable[Frame], device: torch.device) -> Iterator[Frame]:
    """``frames`` with copies of their Surfaces, as tensors, and of planes that a decoder lent.

    A decoder's memory is valid only until it is asked for the next frame, and for the last frames
    until it is closed: so this must run in the thread that asks.
    """
    return (_retained(frame, device) for frame in frames)


def _retained(frame: Frame, device: torch.device) -> Frame:
    if frame.lent is not None:
        width = frame.lent[0].shape[1]
        packed = np.concatenate([plane.reshape(-1) for plane in frame.lent]).reshape(-1, width)
        return replace(frame, planes=packed, lent=None)
    if not isinstance(frame.device, Surface):
        return frame
    held = frame.device
    parts = {
        name: _tensor(memory, device).clone(memory_format=torch.contiguous_format)
        for name in ("luma", "chroma", "rgb")
        if (memory := getattr(held, name)) is not None
    }
    if device.type == "cuda":  # the copy is only queued, and the decoder does not know of it
        torch.cuda.current_stream(device).synchronize()
    return replace(frame, device=replace(held, **parts))


def _tensor(memory: Any, device: torch.device) -> torch.Tensor:
    """Memory that has DLPack's or CUDA's array interface, without a copy."""
    if hasattr(memory, "__dlpack__") or not hasattr(memory, "__cuda_array_interface__"):
        return torch.from_dlpack(memory)
    return torch.as_tensor(memory, device=device)
