"""Conversion to I420 of limited range, which frames on the device and encoders have."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import torch

from vidfx.device.resize import to_bytes
from vidfx_engines.luma import luma_weights

_FRAMES = 16
"""Frames that are converted at once: 1080p needs 12 MB each meanwhile."""


def limited(planes: torch.Tensor) -> torch.Tensor:
    """(N, H * 3 / 2, W) uint8 I420 of full range as limited range."""
    height = planes.shape[1] * 2 // 3
    parts = [
        torch.cat(
            [
                to_bytes(part[:, :height] * (219 / 255) + 16),
                to_bytes(part[:, height:] * (224 / 255) + 128 * (31 / 255)),
            ],
            1,
        )
        for part in planes.split(_FRAMES)
    ]
    return torch.cat(parts)


def rgb_to_nv12(rgb: torch.Tensor, matrix: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(3, H, W) uint8 RGB of even size to limited-range luma (H, W) and chroma (H / 2, W / 2, 2).

    ``matrix`` as in vidfx.types.Colour. Chroma is the mean of its four pixels.
    """
    red, green, blue = luma_weights(matrix)
    r, g, b = rgb.float()
    y = red * r + green * g + blue * b
    luma = to_bytes(y * (219 / 255) + 16)
    small = torch.nn.functional.avg_pool2d(torch.stack([b - y, r - y])[None], 2)[0]
    u, v = small[0] / (2 * (1 - blue)), small[1] / (2 * (1 - red))
    return luma, to_bytes(torch.stack([u, v], -1) * (224 / 255) + 128)


def planes_of(luma: torch.Tensor, chroma: torch.Tensor) -> torch.Tensor:
    """NV12 of even size as I420, (H * 3 / 2, W) uint8: see vidfx.types.Frame.planes."""
    height, width = luma.shape
    apart = chroma.permute(2, 0, 1).reshape(height // 2, width)
    return torch.cat([luma, apart])
