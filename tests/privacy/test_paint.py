"""What masks leave of a picture."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from vidfx.hide_settings import How
from vidfx.privacy.paint import BLOCKS, CHROMA, LUMA, paint_masks

W, H = 128, 96


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(16, 236, (H * 3 // 2, W), np.uint8)


def painted(box: tuple[float, ...], how: How) -> tuple[np.ndarray, np.ndarray]:
    before = noise()
    after = before.copy()
    paint_masks(after, (W, H), np.array([box], float), how)
    return before, after


def test_solid_leaves_nothing_inside_and_all_outside() -> None:
    before, after = painted((20.5, 31, 61.2, 80.9), "solid")
    inside = np.zeros((H, W), bool)
    inside[30:82, 20:62] = True
    assert (after[:H][inside] == LUMA).all() and (after[:H][~inside] == before[:H][~inside]).all()
    for old, new in zip(
        before[H:].reshape(2, H // 2, W // 2), after[H:].reshape(2, H // 2, W // 2), strict=True
    ):
        half = inside[::2, ::2]
        assert (new[half] == CHROMA).all() and (new[~half] == old[~half]).all()


def test_an_ellipse_covers_the_face_in_the_middle_of_its_mask() -> None:
    _, after = painted((10, 10, 90, 90), "ellipse")  # of a face of 25..75, with the margin
    assert (after[25:75, 25:75] == LUMA).all()
    assert (after[H:].reshape(2, H // 2, W // 2)[:, 13:37, 13:37] == CHROMA).all()


@pytest.mark.parametrize("how", ["mosaic", "blur"])
@pytest.mark.parametrize("side", [48, 84])
def test_a_larger_face_shows_no_more(how: How, side: int) -> None:
    """There are as many different values as blocks, whatever the size."""
    _, after = painted((0, 0, side, side), how)
    part = after[:side, :side].astype(int)
    steps = [np.abs(np.diff(part, axis=axis)) for axis in (0, 1)]
    if how == "mosaic":
        assert all(
            (step.max(axis=1 - axis) > 0).sum() == BLOCKS - 1 for axis, step in enumerate(steps)
        )
    else:
        assert max(step.max() for step in steps) < 236 * BLOCKS / side
    assert part.std() < 0.35 * noise()[:side, :side].std()


@pytest.mark.parametrize("how", get_args(How))
@pytest.mark.parametrize(
    "box", [(-50, -50, 10, 10), (120, 90, 400, 400), (-9, -9, 1e6, 1e6), (200, 0, 300, 50)]
)
def test_masks_at_the_edges(how: How, box: tuple[float, ...]) -> None:
    before, after = painted(box, how)
    x0, y0, x1, y1 = (max(0, round(v)) for v in box)
    inside = np.zeros((H, W), bool)
    inside[y0:y1, x0:x1] = True
    assert (after[:H][~inside] == before[:H][~inside]).all() or how == "ellipse"
    if how == "solid":
        assert (after[:H][inside] == LUMA).all()
