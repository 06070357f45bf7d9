"""What is drawn from caches, or together, looks as if it was drawn anew, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vidfx.messages import DEFAULT_MESSAGES
from vidfx.overlay.drawing import draw
from vidfx.overlay.looks import DEFAULT_LOOKS, Looks
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.overlay.yuv import YuvPlanes
from vidfx.types import SQUARE, Stretch

WIDTH, HEIGHT = 640, 360


def face(box: tuple[float, float, float, float], name: float = 0.8, mood: float = 0.7) -> FaceLabel:
    return FaceLabel(box, 1, "Ana", name, "sad", mood, "detected")


def unnamed(box: tuple[float, ...]) -> FaceLabel:
    x0, y0, x1, y1 = box
    return FaceLabel((x0, y0, x1, y1), -1, None, None, None, None, "detected")


def painter(stretch: Stretch = SQUARE, looks: Looks = DEFAULT_LOOKS) -> Painter:
    messages = DEFAULT_MESSAGES
    return Painter(WIDTH, HEIGHT, matrix=1, messages=messages, stretch=stretch, looks=looks)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(16, 236, (HEIGHT * 3 // 2, WIDTH), np.uint8)


@pytest.mark.parametrize("stretch", [SQUARE, (1.2, 1 / 1.2)])
def test_a_label_with_other_digits_is_as_if_new(stretch: Stretch) -> None:
    box = (301.0, 151.0, 380.0, 250.0)
    used = painter(stretch=stretch)
    used.paint(noise(), [face(box)], 0.0)
    for step, (name, mood) in enumerate([(0.11, 0.7), (0.11, 0.99), (0.05, 0.04)], 1):
        before, anew = noise(), noise()
        used.paint(before, [face(box, name, mood)], step)
        painter(stretch=stretch).paint(anew, [face(box, name, mood)], step)
        assert np.array_equal(before, anew)


def test_boxes_that_meet_are_drawn_one_over_the_other() -> None:
    boxes = [(100, 100, 220, 250), (125, 101, 200, 240), (215, 240, 218, 244)]
    labels = [unnamed(box) for box in boxes]
    together, singly = noise(), noise()
    painter().paint(together, labels, 0.0)
    for label in labels:
        painter().paint(singly, [label], 0.0)
    assert np.array_equal(together, singly)


@pytest.mark.parametrize("x", [-3, -2, 0, 1, 575, 576, 577, 579, 580])
@pytest.mark.parametrize("y", [-4, 1, 285, 299, 301])
def test_a_box_at_the_edge_is_cut_off(x: int, y: int) -> None:
    """It looks like one that is inside a larger picture, where the larger one is cut."""
    by, wide, high = 100, WIDTH + 200, HEIGHT + 200
    assert math.hypot(wide, high) / 775 < 1.5, "the thickness of boxes would differ"
    box = (max(x, 0), max(y, 0), min(x + 60, WIDTH), min(y + 60, HEIGHT))
    cut, whole = noise(), np.zeros((high * 3 // 2, wide), np.uint8)
    seen = YuvPlanes.of(whole, wide, high)
    part = slice(by, by + HEIGHT), slice(by, by + WIDTH)
    half = slice(by // 2, (by + HEIGHT) // 2), slice(by // 2, (by + WIDTH) // 2)
    views = seen.y[part], seen.u[half], seen.v[half]
    for view, plane in zip(views, YuvPlanes.of(cut, WIDTH, HEIGHT), strict=True):
        view[:] = plane
    painter().paint(cut, [unnamed(box)], 0.0)
    Painter(wide, high, matrix=1, messages=None).paint(
        whole, [unnamed(tuple(edge + by for edge in box))], 0.0
    )
    for view, plane in zip(views, YuvPlanes.of(cut, WIDTH, HEIGHT), strict=True):
        assert np.array_equal(view, plane)


@pytest.mark.parametrize("stretch", [SQUARE, (1.2, 1 / 1.2)])
def test_steps_do_what_painting_does(stretch: Stretch) -> None:
    """Boxes over boxes, labels over boxes, and what is cut off at the edges."""
    rng = np.random.default_rng(1)
    looks = Looks(landmarks=True, clock=True)
    painting, stepping = painter(stretch, looks), painter(stretch, looks)
    for step in range(20):
        corners = rng.uniform((-40, -40), (600, 330), (9, 2))
        sizes = rng.uniform(8, 160, 9)
        labels = [
            FaceLabel(
                (x, y, x + s, y + s),
                i,
                "Ana",
                s / 160,
                "sad",
                0.7,
                "detected",
                landmarks=[(x + s / 3, y + s / 3), (x + s / 2, y + s / 3)],
            )
            for i, ((x, y), s) in enumerate(zip(corners.tolist(), sizes.tolist(), strict=True))
        ]
        painted, stepped = noise(), noise()
        painting.paint(painted, labels, step / 4)
        for drawings in stepping.steps(labels, step / 4):
            draw(drawings, stepped.reshape(-1))
        assert np.array_equal(painted, stepped)
    assert painter().steps([], 0.0) == []
