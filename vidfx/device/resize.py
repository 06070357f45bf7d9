"""Resizing as two matrix products, with OpenCV's weights, at any ratio."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import torch

Method = Literal["area", "linear"]


def resize(pictures: torch.Tensor, height: int, width: int, method: Method) -> torch.Tensor:
    """(N, C, H, W) of any type to (N, C, height, width) float32, on the same device.

    ``area`` averages what a pixel covers and ``linear`` interpolates between the nearest two, as
    cv2.INTER_AREA and cv2.INTER_LINEAR do; values are not rounded.
    """
    device = str(pictures.device)
    down = _weights(pictures.shape[2], height, method, device)
    across = _weights(pictures.shape[3], width, method, device)
    return torch.matmul(torch.matmul(down, pictures.float()), across.T)


def to_bytes(values: torch.Tensor) -> torch.Tensor:
    """Floats to uint8, rounded as OpenCV does."""
    return values.round().clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=32)
def _weights(before: int, after: int, method: Method, device: str) -> torch.Tensor:
    """(after, before) float32: the weight of each old row in each new one."""
    weights = np.zeros((after, before))
    step = before / after
    if method == "area" and step >= 1:
        for row in range(after):
            low, high = row * step, min((row + 1) * step, before)
            covered = np.arange(int(low), min(int(np.ceil(high - 1e-9)), before))
            share = np.minimum(covered + 1, high) - np.maximum(covered, low)
            weights[row, covered] = share / share.sum()
    else:
        at = (np.arange(after) + 0.5) * step - 0.5
        first = np.floor(at).astype(int)
        rows = np.arange(after)
        np.add.at(weights, (rows, first.clip(0, before - 1)), 1 - (at - first))
        np.add.at(weights, (rows, (first + 1).clip(0, before - 1)), at - first)
    return torch.from_numpy(weights.astype(np.float32)).to(device)
