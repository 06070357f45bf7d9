"""Resizing as two matrix products, with the weights of the host, at any ratio."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import pairwise

import numpy as np
import torch

from vidfx.stages.pixels import halved


def resize(pictures: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(N, C, H, W) of any type to (N, C, height, width) float32, on the same device.

    As vidfx.stages.pixels.resized does, but values are not rounded.
    """
    before, device = (pictures.shape[3], pictures.shape[2]), str(pictures.device)
    down, across = _weights(before, (width, height), device)
    return torch.matmul(torch.matmul(down, pictures.float()), across.T)


def to_bytes(values: torch.Tensor) -> torch.Tensor:
    """Floats to uint8, rounded as OpenCV does."""
    return values.round().clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=32)
def _weights(
    before: tuple[int, int], after: tuple[int, int], device: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """(after, before) float32 of rows, then of columns: the weight of each old one in each new
    one. Sizes are (width, height).
    """
    steps, size = [before], before
    while smaller := halved(size, after):
        steps.append(size := smaller)

    def along(axis: int) -> torch.Tensor:
        halvings = [_area(large[axis], small[axis]) for large, small in pairwise(steps)]
        weights = reduce(np.matmul, reversed(halvings), _linear(size[axis], after[axis]))
        return torch.from_numpy(weights.astype(np.float32)).to(device)

    return along(1), along(0)


def _area(before: int, after: int) -> np.ndarray:
    """Averages what a new row covers, as cv2.INTER_AREA does."""
    weights = np.zeros((after, before))
    step = before / after
    for row in range(after):
        low, high = row * step, min((row + 1) * step, before)
        covered = np.arange(int(low), min(int(np.ceil(high - 1e-9)), before))
        share = np.minimum(covered + 1, high) - np.maximum(covered, low)
        weights[row, covered] = share / share.sum()
    return weights


def _linear(before: int, after: int) -> np.ndarray:
    """Interpolates between the nearest two, as cv2.INTER_LINEAR does."""
    weights = np.zeros((after, before))
    at = (np.arange(after) + 0.5) * (before / after) - 0.5
    first = np.floor(at).astype(int)
    rows = np.arange(after)
    np.add.at(weights, (rows, first.clip(0, before - 1)), 1 - (at - first))
    np.add.at(weights, (rows, (first + 1).clip(0, before - 1)), at - first)
    return weights
