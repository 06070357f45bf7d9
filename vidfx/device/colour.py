"""Conversion between NV12, of video decoders and encoders, and RGB, of networks."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import torch

from vidfx.device.resize import to_bytes
from vidfx_engines.luma import luma_weights


def nv12_to_rgb(
    luma: torch.Tensor, chroma: torch.Tensor, matrix: int, *, full_range: bool = False
) -> torch.Tensor:
    """(H, W) and (H / 2, W / 2, 2) uint8 to (3, H, W) uint8 RGB; a chroma value is of four pixels.

    ``matrix`` as in vidfx.types.Colour.
    """
    return _rgb(luma[None], chroma.permute(2, 0, 1)[None], matrix, full_range=full_range)[0]


def i420_to_rgb(planes: torch.Tensor, matrix: int) -> torch.Tensor:
    """(N, H * 3 / 2, W) uint8 limited-range I420 to (N, 3, H, W) uint8 RGB."""
    height, width = planes.shape[1] * 2 // 3, planes.shape[2]
    chroma = planes[:, height:].reshape(-1, 2, height // 2, width // 2)
    return _rgb(planes[:, :height], chroma, matrix, full_range=False)


def _rgb(
    luma: torch.Tensor, chroma: torch.Tensor, matrix: int, *, full_range: bool
) -> torch.Tensor:
    """(N, H, W) and (N, 2, H / 2, W / 2) to (N, 3, H, W)."""
    red, green, blue = luma_weights(matrix)
    y = luma.float()
    uv = chroma.float().repeat_interleave(2, 2).repeat_interleave(2, 3) - 128
    if not full_range:
        y, uv = (y - 16) * (255 / 219), uv * (255 / 224)
    u, v = uv[:, 0], uv[:, 1]
    r = y + 2 * (1 - red) * v
    b = y + 2 * (1 - blue) * u
    g = y - (2 * blue * (1 - blue) * u + 2 * red * (1 - red) * v) / green
    return to_bytes(torch.stack([r, g, b], 1))


def rgb_to_nv12(rgb: torch.Tensor, matrix: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(3, H, W) uint8 RGB of even size to limited-range luma (H, W) and chroma (H / 2, W / 2, 2).

    Chroma is the mean of its four pixels.
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
