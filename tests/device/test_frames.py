"""Frames on a device: their pixels, planes and thumbnails, whatever memory they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from vidfx.device.frames import BATCH, DeviceFrame, on_device, retained
from vidfx.stages.cuts import with_thumbnails
from vidfx.types import Colour, Frame, FrameBatch, Surface
from vidfx.video.read.source import open_source

CPU = torch.device("cpu")


def frames_of(batches: Iterable[FrameBatch]) -> list[Frame]:
    return [frame for batch in batches for frame in batch.frames]


def test_frames_come_in_order_with_their_thumbnails(group: np.ndarray) -> None:
    pictures = [np.roll(group, 5 * i, axis=1)[:300, :400] for i in range(BATCH * 2 + 3)]
    frames = [Frame(i + 7, i, np.ascontiguousarray(p)) for i, p in enumerate(pictures)]
    batches = list(on_device(frames, CPU, Colour()))
    ready = frames_of(batches)
    assert [f.index for f in ready] == [f.index for f in frames]
    for frame, picture in zip(ready, pictures, strict=True):
        assert isinstance(frame.device, DeviceFrame)
        np.testing.assert_array_equal(frame.device.pixels.permute(1, 2, 0).numpy(), picture)
    ours, theirs = (
        np.concatenate([b.thumbnails for b in made]) for made in (batches, with_thumbnails(frames))
    )
    assert np.abs(ours - theirs).max() <= 1


def test_planes_that_a_decoder_lent_are_sent_like_those_that_were_copied(clip: Path) -> None:
    pixels: list[torch.Tensor] = []
    for planes in (False, True):
        with open_source(clip, "pyav", planes=planes)[0] as source:
            decoded = next(iter(source))
            (frame,) = frames_of(on_device(retained([decoded], CPU), CPU, source.info.colour))
        assert (decoded.lent is None) == planes and isinstance(frame.device, DeviceFrame)
        pixels.append(frame.device.pixels)
    torch.testing.assert_close(*pixels, rtol=0, atol=0)


def test_surfaces_become_pixels_and_planes(group: np.ndarray) -> None:
    """What a decoder on a GPU leaves, here in memory that NumPy lends by DLPack."""
    from vidfx.device.colour import rgb_to_nv12

    rgb = torch.from_numpy(np.ascontiguousarray(group[:96, :128])).permute(2, 0, 1)
    luma, chroma = (t.numpy() for t in rgb_to_nv12(rgb, 1))
    surfaces = [
        Surface(luma, chroma.reshape(48, 128), wants_planes=True),
        Surface(luma[..., None], chroma, wants_planes=False),
        Surface(rgb=np.ascontiguousarray(group[:96, :128]), wants_planes=True),
    ]
    nothing = np.empty((0, 0, 3), np.uint8)
    frames = [Frame(i, i, nothing, None, surface) for i, surface in enumerate(surfaces)]
    first, second, third = frames_of(on_device(retained(frames, CPU), CPU, Colour(matrix=1)))
    assert first.planes is not None and third.planes is not None
    np.testing.assert_array_equal(first.planes[:96], luma)
    assert np.abs(first.planes.astype(int) - third.planes).max() <= 1
    assert second.planes is None
    assert isinstance(first.device, DeviceFrame) and isinstance(second.device, DeviceFrame)
    torch.testing.assert_close(first.device.pixels, second.device.pixels)
    difference = (first.device.pixels.int() - rgb.int()).abs().float()
    assert difference.mean() < 3  # chroma has a quarter of the pixels


def test_a_surface_is_copied_before_the_decoder_uses_its_memory_again(group: np.ndarray) -> None:
    """PyNvVideoCodec and FFmpeg hand out their own memory, and free it when they end."""
    from vidfx.device.colour import rgb_to_nv12

    memory = [np.zeros((96, 128, 1), np.uint8), np.zeros((48, 64, 2), np.uint8)]
    pictures = [torch.from_numpy(group[8 * i : 8 * i + 96, :128].copy()) for i in range(BATCH + 3)]
    planes = [[t.numpy() for t in rgb_to_nv12(p.permute(2, 0, 1), 1)] for p in pictures]

    def decoded() -> Iterator[Frame]:
        for i, (luma, chroma) in enumerate(planes):
            memory[0][:], memory[1][:] = luma[..., None], chroma
            surface = Surface(*memory, wants_planes=True)
            yield Frame(i, i, np.empty((0, 0, 3), np.uint8), None, surface)
        memory[0][:] = memory[1][:] = 0

    frames = frames_of(on_device(retained(decoded(), CPU), CPU, Colour(matrix=1)))
    assert len(frames) == BATCH + 3
    for frame, (luma, _) in zip(frames, planes, strict=True):
        assert frame.planes is not None
        np.testing.assert_array_equal(frame.planes[:96], luma)
