"""Warps many faces to standard crops and measures their sharpness: see vidfx.stages.align."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import torch

from vidfx.device.resize import to_bytes
from vidfx.types import Colour
from vidfx_engines.luma import luma_weights

_GREY = tuple(round(weight * (1 << 14)) for weight in luma_weights(Colour().matrix))
"""OpenCV's fixed-point weights of red, green and blue in grey."""


def crops(
    pictures: torch.Tensor, picture: torch.Tensor, matrices: torch.Tensor, size: int
) -> torch.Tensor:
    """(F, 3, size, size) uint8: F faces out of (N, 3, H, W) uint8.

    ``picture`` (F,) int64 is the picture of each face; ``matrices`` (F, 2, 3) float64 map it to the
    crop, as cv2.warpAffine takes them. Outside a picture its edge pixels are repeated. The same
    sums as grid_sample's, without a float copy of the frames.
    """
    height, width = pictures.shape[2:]
    inverse = _inverted(matrices.to(pictures.device))
    at = torch.arange(size, device=pictures.device, dtype=torch.float64)
    ones = torch.ones(size, size, device=pictures.device, dtype=torch.float64)
    y, x = torch.meshgrid(at, at, indexing="ij")
    in_picture = torch.einsum("fij,jyx->fiyx", inverse, torch.stack([x, y, ones]))
    low = in_picture.floor()
    part = (in_picture - low).float()
    low = low.long()
    total = torch.zeros(len(matrices), size, size, 3, device=pictures.device)
    for down in (0, 1):
        for right in (0, 1):
            column, row = low[:, 0] + right, low[:, 1] + down
            weight = (part[:, 0] if right else 1 - part[:, 0]) * (
                part[:, 1] if down else 1 - part[:, 1]
            )
            seen = pictures[
                picture[:, None, None], :, row.clamp(0, height - 1), column.clamp(0, width - 1)
            ]
            total += seen.float() * weight.unsqueeze(-1)
    return to_bytes(total).permute(0, 3, 1, 2).contiguous()


def sharpness(faces: torch.Tensor) -> torch.Tensor:
    """(F,) float32: variance of the Laplacian of (F, 3, S, S) uint8 faces in grey."""
    weights = torch.tensor(_GREY, device=faces.device).view(1, 3, 1, 1)
    grey = ((faces.int() * weights).sum(1, keepdim=True) + (1 << 13)) >> 14
    padded = torch.nn.functional.pad(grey.float(), (1, 1, 1, 1), mode="reflect")
    middle = padded[:, :, 1:-1, 1:-1]
    around = (
        padded[:, :, :-2, 1:-1]
        + padded[:, :, 2:, 1:-1]
        + padded[:, :, 1:-1, :-2]
        + padded[:, :, 1:-1, 2:]
    )
    return (around - 4 * middle).flatten(1).var(1, unbiased=False)


def _inverted(matrices: torch.Tensor) -> torch.Tensor:
    """(F, 2, 3) from the crop to the picture."""
    turn = torch.linalg.inv(matrices[:, :, :2])
    return torch.cat([turn, -turn @ matrices[:, :, 2:]], 2)
