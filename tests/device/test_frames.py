"""Frames on a device: their planes and thumbnails, whatever memory they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from vidfx.device.colour import rgb_to_nv12
from vidfx.device.frames import BATCH, DeviceFrame, in_batches, pictures, retained
from vidfx.device.transfers import Transfers
from vidfx.stages.cuts import with_thumbnails
from vidfx.types import Colour, Frame, FrameBatch, Surface
from vidfx.video.read.source import open_source

CPU = torch.device("cpu")
NOTHING = np.empty((0, 0, 3), np.uint8)
BT709 = Colour(matrix=1)


def frames_of(batches: Iterable[FrameBatch]) -> list[Frame]:
    return [frame for batch in batches for frame in batch.frames]


def nv12(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rgb = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)
    luma, chroma = rgb_to_nv12(rgb, 1)
    return luma.numpy(), chroma.numpy()


def planes_on(frame: Frame) -> np.ndarray:
    assert isinstance(frame.device, DeviceFrame)
    return frame.device.planes.numpy()


def i420(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    return np.concatenate([luma, chroma.transpose(2, 0, 1).reshape(-1, luma.shape[1])])


def test_surfaces_have_the_thumbnails_of_the_same_planes_on_the_host(group: np.ndarray) -> None:
    sizes = [(300, 400), (96, 128), (402, 710)]
    for height, width in sizes:
        parts = [nv12(np.roll(group, 5 * i, axis=1)[:height, :width]) for i in range(BATCH + 3)]
        surfaces = [Surface(*pair, is_last=i % 5 == 4) for i, pair in enumerate(parts)]
        frames = [Frame(i + 7, i, NOTHING, None, surface) for i, surface in enumerate(surfaces)]
        batches = list(in_batches(retained(frames, CPU), 1))
        assert [f.index for f in frames_of(batches)] == [f.index for f in frames]
        hosts = with_thumbnails([Frame(0, 0, NOTHING, i420(*pair)) for pair in parts], 1)
        ours, theirs = (np.concatenate([b.thumbnails for b in made]) for made in (batches, hosts))
        np.testing.assert_array_equal(ours, theirs)


def test_frames_of_the_host_stay_there_until_they_are_analysed(clip: Path) -> None:
    """Planes that a decoder lent are sent like those that were copied; RGB where there are none."""
    made: list[torch.Tensor] = []
    transfers = Transfers(CPU)
    for planes in (False, True):
        with open_source(clip, "pyav", planes=planes)[0] as source:
            decoded = next(iter(source))
            (frame,) = frames_of(in_batches(retained([decoded], CPU), 1))
        assert (decoded.lent is None) == planes and frame is decoded
        made.append(pictures([frame, frame], 1, transfers).planes)
        assert made[-1].shape == (2, 405, 480)
    torch.testing.assert_close(*made, rtol=0, atol=0)
    only_rgb = Frame(0, 0, decoded.rgb)
    for frames in ([only_rgb], [only_rgb, decoded]):
        sent = pictures(frames, 1, transfers).planes
        np.testing.assert_array_equal(sent[0].numpy(), decoded.rgb)


def test_surfaces_become_planes(group: np.ndarray) -> None:
    """What a decoder on a GPU leaves, here in memory that NumPy lends by DLPack."""
    picture = np.ascontiguousarray(group[:96, :128])
    luma, chroma = nv12(picture)
    surfaces = [
        Surface(luma, chroma.reshape(48, 128), wants_planes=True, colour=BT709),
        Surface(luma[..., None], chroma, wants_planes=False, colour=BT709),
        Surface(rgb=picture, wants_planes=True, colour=BT709),
    ]
    frames = [Frame(i, i, NOTHING, None, surface) for i, surface in enumerate(surfaces)]
    first, second, third = retained(frames, CPU)
    for frame in (first, third):
        assert frame.planes is not None
        np.testing.assert_array_equal(frame.planes, planes_on(frame))
    assert second.planes is None
    for frame in (first, second, third):
        np.testing.assert_array_equal(planes_on(frame), i420(luma, chroma))


def test_planes_of_full_range_become_limited() -> None:
    """Black, white and grey by the standard, and each level within one."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    chroma = np.dstack([levels[::2, ::2], levels[1::2, 1::2]])
    colour = Colour(matrix=1, full_range=True)
    frames = [Frame(0, 0, NOTHING, None, Surface(levels, chroma, colour=colour))]
    planes = planes_on(next(retained(frames, CPU)))
    luma = np.round(16 + levels * (219 / 255))
    assert np.abs(planes[:16] - luma).max() <= 1 and (planes[0, 0], planes[15, 15]) == (16, 235)
    apart = i420(levels, chroma)[16:]
    assert np.abs(planes[16:] - (128 + (apart - 128.0) * (224 / 255))).max() <= 1


@pytest.mark.parametrize("at_once", [1, 5])
def test_a_surface_is_copied_before_the_decoder_uses_its_memory_again(
    group: np.ndarray, at_once: int
) -> None:
    """PyNvVideoCodec and FFmpeg hand out their own memory, and free it when they end."""
    memory = [[np.zeros((96, 128, 1), np.uint8), np.zeros((48, 64, 2), np.uint8)]] * 1 + [
        [np.zeros((96, 128, 1), np.uint8), np.zeros((48, 64, 2), np.uint8)]
        for _ in range(at_once - 1)
    ]
    parts = [nv12(group[8 * i : 8 * i + 96, :128]) for i in range(BATCH + 3)]

    def decoded() -> Iterator[Frame]:
        for i, (luma, chroma) in enumerate(parts):
            own = memory[i % at_once]
            own[0][:], own[1][:] = luma[..., None], chroma
            last = i % at_once == at_once - 1
            yield Frame(i, i, NOTHING, None, Surface(*own, wants_planes=True, is_last=last))
        for own in memory:
            own[0][:] = own[1][:] = 0

    if at_once > 1:
        parts = parts[: len(parts) // at_once * at_once]
    frames = frames_of(in_batches(retained(decoded(), CPU), 1))
    assert len(frames) == len(parts)
    for frame, pair in zip(frames, parts, strict=True):
        assert frame.planes is not None
        np.testing.assert_array_equal(frame.planes, i420(*pair))
        np.testing.assert_array_equal(planes_on(frame), i420(*pair))
