"""Pixels read through a frame's planes equal those of its RGB."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vidfx.stages import pixels
from vidfx.types import Frame
from vidfx.video.read.source import open_source
from vidfx_engines.templates import TEMPLATES, similarity

MEAN = 1.6
"""Grey levels: swscale's tables are coarse, and round one way."""


@pytest.fixture(scope="module")
def frames(clip: Path) -> tuple[Frame, Frame, int]:
    """One frame with planes, the same without, and its matrix."""
    source, _ = open_source(clip, "pyav", planes=True)
    with source:
        frame = next(iter(source))
        rgb = frame.rgb
    return frame, Frame(0, 0, rgb), source.info.colour.matrix


def assert_alike(ours: np.ndarray, theirs: np.ndarray, most: int = 24) -> None:
    assert ours.shape == theirs.shape and ours.dtype == np.uint8
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.mean() <= MEAN
    assert np.quantile(difference, 0.99) <= most


@pytest.mark.parametrize("size", [(640, 360), (160, 90), (480, 270), (100, 300), (500, 60)])
def test_the_whole_frame_at_another_size(
    frames: tuple[Frame, Frame, int], size: tuple[int, int]
) -> None:
    seen, shown, matrix = frames
    ours = pixels.shrunk(seen, matrix, *size)
    assert_alike(ours, pixels.shrunk(shown, matrix, *size))


@pytest.mark.parametrize("size", [(640, 360), (427, 284), (90, 160)])
def test_resizing_uses_all_pixels(size: tuple[int, int], group: np.ndarray) -> None:
    """As averaging what each pixel covers does, at which it is compared."""
    ours = pixels.resized(group, *size)
    most = cv2.resize(group, size, interpolation=cv2.INTER_AREA)
    assert np.abs(ours.astype(int) - most).mean() <= 3


def test_the_thumbnail(frames: tuple[Frame, Frame, int]) -> None:
    seen, shown, matrix = frames
    assert_alike(pixels.sampled(seen, matrix, 32), pixels.sampled(shown, matrix, 32))


@pytest.mark.parametrize("at", [(240, 120), (5, 5), (470, 262), (-60, 100), (300, 400)])
@pytest.mark.parametrize(("scale", "turn"), [(1.0, 0.0), (2.5, 0.5), (0.3, 3.0)])
def test_faces_at_every_place_size_and_turn(
    frames: tuple[Frame, Frame, int], at: tuple[int, int], scale: float, turn: float
) -> None:
    """Also where the frame ends, where its last pixels go on in both."""
    seen, shown, matrix = frames
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    marks = ((TEMPLATES["arcface"] - 0.5) * 60 * scale) @ rotation.T + at
    transforms = similarity(marks[None].astype(np.float32), TEMPLATES["arcface"] * 112)
    ours, theirs = (pixels.warped(f, matrix, transforms, 112)[0] for f in (seen, shown))
    assert_alike(ours, theirs, most=30)


@pytest.mark.parametrize("matrix", [1, 6, 2, 9])
def test_the_matrix_is_the_standards(matrix: int) -> None:
    """Grey stays grey; primaries come back from the planes that the formulas give."""
    red, blue = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}.get(matrix, (0.299, 0.114))
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128], [250, 240, 10]])
    for colour in colours:
        r, g, b = colour / 255
        y = red * r + (1 - red - blue) * g + blue * b
        u, v = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
        planes = np.empty((24, 16), np.uint8)
        planes[:16] = round(16 + 219 * y)
        planes[16:20], planes[20:] = round(128 + 224 * u), round(128 + 224 * v)
        seen = pixels.shrunk(Frame(0, 0, colours, planes), matrix, 8, 8)
        assert np.abs(seen.astype(int) - colour).max() <= 3


def test_rgb_is_made_once_and_only_when_it_is_asked_for() -> None:
    made: list[int] = []

    def make() -> np.ndarray:
        made.append(1)
        return np.zeros((4, 4, 3), np.uint8)

    frame = Frame(0, 0, make, np.zeros((6, 4), np.uint8))
    pixels.shrunk(frame, 2, 2, 2)
    assert made == []
    assert frame.rgb is frame.rgb
    assert made == [1]
