"""Pixels on a device are the host's, within a grey level."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
import av
import torch

from vidfx.device import align, colour
from vidfx.device.analyze import letterboxed
from vidfx.device.pixels import Pictures
from vidfx.device.resize import resize, to_bytes
from vidfx.stages import align as host_align
from vidfx.stages import pixels as host_pixels
from vidfx.stages.detect import Letterbox
from vidfx.types import Frame
from vidfx_engines.templates import TEMPLATES, similarity

LEVEL = 1
"""The most that two grey levels may differ by."""


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def tensor(*pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def pictures(*rgb: np.ndarray) -> Pictures:
    return Pictures(torch.from_numpy(np.stack(rgb)), 2)


def planes_of(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    return colour.planes_of(torch.from_numpy(luma), torch.from_numpy(chroma)).numpy()


def crops(
    of: Pictures, points: np.ndarray, template: str, size: int, which: list[int]
) -> torch.Tensor:
    to_crop = similarity(points, TEMPLATES[template] * size)
    inverse = np.stack([cv2.invertAffineTransform(matrix) for matrix in to_crop])
    return of.warped(torch.tensor(which), torch.from_numpy(inverse), size)


def picture(of: torch.Tensor) -> np.ndarray:
    return of.permute(1, 2, 0).numpy()


def assert_close(ours: np.ndarray, theirs: np.ndarray, level: int = LEVEL) -> None:
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= level


@pytest.mark.parametrize(
    "size", [(360, 640), (100, 231), (32, 32), (480, 854), (479, 853), (960, 300), (500, 1000)]
)
def test_resizing_is_the_hosts(size: tuple[int, int]) -> None:
    pixels = noise(480, 854, 3)
    ours = to_bytes(resize(tensor(pixels), *size))[0]
    assert_close(picture(ours), host_pixels.resized(pixels, *size[::-1]))


@pytest.mark.parametrize("size", [(1080, 1920), (720, 1280), (300, 200), (270, 480), (97, 1333)])
def test_the_letterbox_is_the_hosts(size: tuple[int, int], group: np.ndarray) -> None:
    height, width = size
    pixels = cv2.resize(group, (width, height), interpolation=cv2.INTER_AREA)
    box = Letterbox.fit(width, height, 640)
    theirs = np.zeros((box.height, box.width, 3), np.uint8)
    box(Frame(0, 0, pixels), 2, theirs)
    assert_close(picture(letterboxed(pictures(pixels), box)[0]), theirs)


@pytest.mark.parametrize(("template", "size"), [("arcface", 112), ("fer", 96), ("arcface", 224)])
def test_faces_are_cut_as_opencv_cuts_them(group: np.ndarray, template: str, size: int) -> None:
    """Upright, turned, tiny, large, and half outside the picture."""
    random = np.random.default_rng(5)
    base = TEMPLATES["arcface"] * 80
    landmarks = []
    for scale, angle, where in (
        (1.0, 0.0, (300, 200)), (2.5, 0.4, (500, 300)), (0.2, -0.7, (900, 400)),
        (1.2, 3.0, (-30, 100)), (1.5, 0.1, (1230, 840)),
    ):  # fmt: skip
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        landmarks.append(base @ turn.T * scale + where + random.normal(0, 1, (5, 2)))
    points = np.array(landmarks, np.float32)
    theirs = host_align.crops(group, points, template, size)
    ours = crops(pictures(group), points, template, size, [0] * len(points))
    for one, other in zip(ours, theirs, strict=True):
        assert_close(picture(one), other)


def test_each_face_is_cut_out_of_its_own_picture(group: np.ndarray) -> None:
    points = (TEMPLATES["arcface"] * 80 + 200)[None].astype(np.float32)
    both = pictures(group, 255 - group)
    ours = crops(both, points.repeat(2, 0), "arcface", 112, [1, 0])
    assert_close(picture(ours[0]), 255 - picture(ours[1]))


def test_sharpness_is_the_hosts(group: np.ndarray) -> None:
    faces = [group[100:212, 100:212], group[300:412, 640:752], noise(112, 112, 3)]
    ours = align.sharpness(tensor(*faces)).tolist()
    assert ours == pytest.approx([host_align.sharpness(face) for face in faces], rel=1e-4)


@pytest.fixture(scope="module")
def planes(group: np.ndarray) -> np.ndarray:
    """I420 of a picture."""
    rgb = tensor(np.ascontiguousarray(group[: group.shape[0] // 2 * 2, : group.shape[1] // 2 * 2]))
    return colour.planes_of(*colour.rgb_to_nv12(rgb[0], 1)).numpy()


@pytest.mark.parametrize("matrix", [1, 6])
def test_planes_become_the_rgb_of_the_standard(matrix: int) -> None:
    """Against the formulas in double precision; a value of chroma is amid four pixels."""
    luma, chroma = noise(64, 64), noise(32, 32, 2, seed=2)
    of = Pictures(torch.from_numpy(planes_of(luma, chroma))[None], matrix)
    same = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]], dtype=torch.float64)
    ours = picture(of.warped(torch.tensor([0]), same, 64)[0])
    red, blue = (0.2126, 0.0722) if matrix == 1 else (0.299, 0.114)
    u, v = (cv2.resize(chroma[..., i].astype(float), (64, 64)).round() - 128 for i in (0, 1))
    y, u, v = (luma - 16.0) * 255 / 219, u * 255 / 224, v * 255 / 224
    r, b = y + (2 - 2 * red) * v, y + (2 - 2 * blue) * u
    g = (y - red * r - blue * b) / (1 - red - blue)
    assert_close(ours, np.stack([r, g, b], -1).clip(0, 255).round().astype(int))


@pytest.mark.parametrize("long_side", [640, 320, 1920])
def test_the_letterbox_of_planes_is_the_hosts(long_side: int, planes: np.ndarray) -> None:
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    box = Letterbox.fit(width, height, long_side)
    theirs = np.zeros((box.height, box.width, 3), np.uint8)
    box(Frame(0, 0, np.empty((0, 0, 3), np.uint8), planes), 1, theirs)
    ours = letterboxed(Pictures(torch.from_numpy(planes)[None], 1), box)[0]
    assert_close(picture(ours), theirs, 4)  # a level of luma and of chroma is up to three of blue
    assert np.abs(picture(ours).astype(int) - theirs).mean() <= 0.3


@pytest.mark.parametrize(("template", "size"), [("arcface", 112), ("fer", 96)])
def test_faces_of_planes_are_the_hosts(planes: np.ndarray, template: str, size: int) -> None:
    base, random = TEMPLATES["arcface"] * 80, np.random.default_rng(5)
    places = [(1.0, (300, 200)), (2.5, (500, 300)), (0.2, (900, 400)), (1.5, (-30, 800))]
    points = np.array(
        [base * scale + where + random.normal(0, 1, (5, 2)) for scale, where in places], np.float32
    )
    ours = crops(Pictures(torch.from_numpy(planes)[None], 1), points, template, size, [0] * 4)
    to_crop = similarity(points, TEMPLATES[template] * size)
    theirs = host_pixels.warped(
        Frame(0, 0, np.empty((0, 0, 3), np.uint8), planes), 1, to_crop, size
    )
    for one, other in zip(ours, theirs, strict=True):
        assert_close(picture(one), other, 2)


@pytest.mark.parametrize("matrix", [1, 6])
def test_rgb_becomes_the_nv12_of_the_standard_and_comes_back(
    group: np.ndarray, matrix: int
) -> None:
    pixels = group[:96, :128]
    luma, chroma = colour.rgb_to_nv12(tensor(pixels)[0], matrix)
    red, blue = (0.2126, 0.0722) if matrix == 1 else (0.299, 0.114)
    r, g, b = pixels.astype(float).transpose(2, 0, 1)
    y = red * r + (1 - red - blue) * g + blue * b
    assert_close(luma.numpy(), (16 + 219 / 255 * y).round().astype(int))
    for channel, (difference, weight) in enumerate(((b - y, blue), (r - y, red))):
        mean = (difference / (2 - 2 * weight)).reshape(48, 2, 64, 2).mean((1, 3))
        assert_close(chroma[..., channel].numpy(), (128 + 224 / 255 * mean).round().astype(int))
    small = cv2.resize(pixels, (64, 48))
    flat = cv2.resize(small, (128, 96), interpolation=cv2.INTER_NEAREST)
    planes = colour.planes_of(*colour.rgb_to_nv12(tensor(flat)[0], matrix))
    seen = Pictures(planes[None], matrix).shrunk(48, 64)[0]
    assert_close(picture(seen), small, 3)  # what eight bits of limited range can hold


def test_nv12_becomes_the_planes_of_a_frame() -> None:
    luma, chroma = noise(8, 12), noise(4, 6, 2, seed=2)
    planes = planes_of(luma, chroma)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    assert (frame.width, frame.height) == (12, 8)
    np.testing.assert_array_equal(planes[8:10].reshape(4, 6), chroma[..., 0])
    np.testing.assert_array_equal(planes[10:].reshape(4, 6), chroma[..., 1])
