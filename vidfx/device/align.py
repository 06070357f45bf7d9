"""Measures the sharpness of many faces: see vidfx.stages.align."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from functools import lru_cache

import torch

from vidfx.types import Colour
from vidfx_engines.luma import luma_weights

_GREY = tuple(round(weight * (1 << 14)) for weight in luma_weights(Colour().matrix))
"""OpenCV's fixed-point weights of red, green and blue in grey."""


def sharpness(faces: torch.Tensor) -> torch.Tensor:
    """(F,) float32: variance of the Laplacian of (F, 3, S, S) uint8 faces in grey."""
    weighted = faces.int() * _grey_weights(str(faces.device))
    grey = (weighted.sum(1, keepdim=True) + (1 << 13)) >> 14
    padded = torch.nn.functional.pad(grey.float(), (1, 1, 1, 1), mode="reflect")
    middle = padded[:, :, 1:-1, 1:-1]
    around = (
        padded[:, :, :-2, 1:-1]
        + padded[:, :, 2:, 1:-1]
        + padded[:, :, 1:-1, :-2]
        + padded[:, :, 1:-1, 2:]
    )
    return (around - 4 * middle).flatten(1).var(1, unbiased=False)


@lru_cache(maxsize=4)
def _grey_weights(device: str) -> torch.Tensor:
    return torch.tensor(_GREY).view(1, 3, 1, 1).to(device)
