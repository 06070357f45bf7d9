"""Keeps the frames of a decoder on the device, and gives them to the analysis with thumbnails.

Frames that were decoded on the host stay there until they are analysed.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, cast

import numpy as np
import torch

from vidfx.device.colour import limited, planes_of, rgb_to_nv12
from vidfx.device.pixels import Pictures, plane_views, sampled
from vidfx.device.transfers import Transfers
from vidfx.stages.cuts import SIDE, with_thumbnails
from vidfx.stages.pixels import size_of, to_rgb
from vidfx.types import Frame, FrameBatch, Surface

BATCH = 16
"""Frames whose thumbnails are compared at once."""


@dataclass(frozen=True)
class DeviceFrame:
    """One frame's pixels on the device."""

    planes: torch.Tensor
    "(H * 3 / 2, W) uint8 I420 of limited range"
    small: np.ndarray
    "(3, SIDE, SIDE) uint8 Y, U and V on the host"


def retained(frames: Iterable[Frame], device: torch.device) -> Iterator[Frame]:
    """``frames`` with copies of their Surfaces: ``Frame.device`` is a DeviceFrame.

    A decoder's memory is valid only until it uses it again, and for the last frames until it is
    closed: so this must run in the thread that asks it for frames.
    """
    transfers = Transfers(device, own_stream=False)  # behind the decoder's own work
    group: list[Frame] = []
    for frame in frames:
        if not isinstance(frame.device, Surface):
            yield frame
            continue
        group.append(frame)
        if frame.device.is_last:
            yield from _copied(group, transfers)
            group = []
    if group:
        yield from _copied(group, transfers)


def in_batches(frames: Iterable[Frame], matrix: int) -> Iterator[FrameBatch]:
    """Retained frames with their thumbnails; ``matrix`` is that of their planes."""
    iterator = iter(frames)
    first = list(islice(iterator, 1))
    frames = chain(first, iterator)
    if not (first and isinstance(first[0].device, DeviceFrame)):
        yield from with_thumbnails(frames, matrix)
        return
    while batch := list(islice(frames, BATCH)):
        small = np.stack([_on_device(frame).small for frame in batch], 1)
        rgb = to_rgb([part.reshape(-1, SIDE) for part in small], matrix)
        yield FrameBatch(batch, rgb.reshape(-1, SIDE, SIDE, 3).astype(np.float32))


def pictures(frames: Sequence[Frame], matrix: int, transfers: Transfers) -> Pictures:
    """Retained frames of one size, on the device; ``matrix`` is that of their planes."""
    if isinstance(frames[0].device, DeviceFrame):
        kept = [transfers.use(_on_device(frame).planes) for frame in frames]
        return Pictures(torch.stack(kept), matrix)
    yuv = [planes for frame in frames if (planes := frame.yuv) is not None]
    if len(yuv) < len(frames):
        shape = (len(frames), *frames[0].rgb.shape)
        staged, memory = transfers.staged(shape, torch.uint8)
        for picture, frame in zip(memory, frames, strict=True):
            picture[...] = frame.rgb
    else:
        height, width = size_of(frames[0])
        staged, memory = transfers.staged((len(frames), height * 3 // 2, width), torch.uint8)
        for picture, (luma, *chroma) in zip(memory, yuv, strict=True):
            picture[:height] = luma
            picture[height:].reshape(2, height // 2, width // 2)[...] = chroma
    return Pictures(transfers.send(staged), matrix)


def _copied(frames: Sequence[Frame], transfers: Transfers) -> Iterator[Frame]:
    """Frames with Surfaces, whose memory is free when the first is yielded."""
    surfaces = [cast(Surface, frame.device) for frame in frames]
    with transfers.queue():
        planes = _planes(surfaces, transfers.device)
        on_host = transfers.to_host(planes) if surfaces[0].wants_planes else None
        small = transfers.to_host(sampled(planes, SIDE)).numpy()  # also waits for all before it
    small = np.rint(small).astype(np.uint8)
    for i, frame in enumerate(frames):
        made = replace(frame, device=DeviceFrame(planes[i], small[i]))
        yield made if on_host is None else replace(made, planes=on_host.numpy()[i])


def _planes(surfaces: Sequence[Surface], device: torch.device) -> torch.Tensor:
    """(N, H * 3 / 2, W) uint8 I420 of limited range."""
    colour = surfaces[0].colour
    if surfaces[0].rgb is not None:
        rgb = [_tensor(surface.rgb, device).permute(2, 0, 1) for surface in surfaces]
        return torch.stack([planes_of(*rgb_to_nv12(one, colour.matrix)) for one in rgb])
    luma = [_tensor(surface.luma, device) for surface in surfaces]
    luma = [one.view(1, len(one), -1) for one in luma]  # PyNvVideoCodec's is (H, W, 1)
    _, height, width = luma[0].shape
    chroma = [_tensor(s.chroma, device).view(height // 2, width // 2, 2) for s in surfaces]
    shape = (len(surfaces), height * 3 // 2, width)
    planes = torch.empty(shape, dtype=torch.uint8, device=device)
    to_luma, to_chroma = plane_views(planes)
    torch.stack(luma, out=to_luma)
    torch.stack([one.permute(2, 0, 1) for one in chroma], out=to_chroma)
    return limited(planes) if colour.full_range else planes


def _tensor(memory: Any, device: torch.device) -> torch.Tensor:
    """Memory that has DLPack's or CUDA's array interface, without a copy."""
    if hasattr(memory, "__dlpack__") or not hasattr(memory, "__cuda_array_interface__"):
        return torch.from_dlpack(memory)
    return torch.as_tensor(memory, device=device)


def _on_device(frame: Frame) -> DeviceFrame:
    assert isinstance(frame.device, DeviceFrame)
    return frame.device
