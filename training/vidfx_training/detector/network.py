"""The network: three strides, one anchor point per cell, each with score, box and landmarks.

Dense convolutions where there are few channels and depthwise ones where there are many, which CPUs
run fastest; one top-down feature pyramid (Lin et al. 2017). The outputs are those of SCRFD (Guo et
al. 2021), so any SCRFD decoder can read them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidfx_engines.spec import STRIDES

OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("score", "box", "marks") for stride in STRIDES)
PRIOR = -4.6
"""Initial bias of the score: a probability of 1 %."""


def _unit(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    )


class Separable(nn.Module):
    """A depthwise, then a pointwise convolution, with a residual connection where shapes agree."""

    def __init__(self, inside: int, outside: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = _unit(inside, inside, kernel, stride, groups=inside)
        self.pointwise = _unit(inside, outside, 1)
        self.residual = inside == outside and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return x + y if self.residual else y


class DetectorNet(nn.Module):
    """Pixels (N, 3, H, W) of 0 to 255, sides multiples of 32, to one map per stride.

    A map is (N, 15, H / stride, W / stride): a logit, the distances from the cell's corner to the
    four sides before softplus, and five landmarks xy from that corner, both in strides.
    """

    def __init__(
        self,
        widths: tuple[int, int, int, int, int] = (16, 24, 64, 160, 256),
        depths: tuple[int, int, int] = (4, 4, 3),
        features: int = 64,
    ) -> None:
        super().__init__()
        stem, *rest = widths
        self.stem = nn.Sequential(_unit(3, stem, 3, 2), _unit(stem, rest[0], 3, 2))
        fine = [_unit(rest[0], rest[1], 3, 2)]
        self.stages = nn.ModuleList(
            nn.Sequential(first, *(Separable(width, width) for _ in range(depth)))
            for first, width, depth in (
                (fine[0], rest[1], depths[0]),
                (Separable(rest[1], rest[2], 2, 5), rest[2], depths[1]),
                (Separable(rest[2], rest[3], 2, 5), rest[3], depths[2]),
            )
        )
        self.lateral = nn.ModuleList(_unit(width, features, 1) for width in rest[1:])
        self.merge = nn.ModuleList(Separable(features, features) for _ in STRIDES)
        self.head = nn.ModuleList(Separable(features, features) for _ in STRIDES)
        self.out = nn.ModuleList(nn.Conv2d(features, 15, 1) for _ in STRIDES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for out in self.out:
            assert isinstance(out, nn.Conv2d)
            nn.init.normal_(out.weight, std=0.01)
            assert out.bias is not None
            nn.init.zeros_(out.bias)
            nn.init.constant_(out.bias[:1], PRIOR)

    def forward(self, pixels: Tensor) -> list[Tensor]:
        x = self.stem((pixels.float() - 127.5) / 128)
        features: list[Tensor] = []
        for stage, lateral in zip(self.stages, self.lateral, strict=True):
            x = stage(x)
            features.append(lateral(x))
        maps: list[Tensor] = []
        above: Tensor | None = None
        for level in reversed(range(len(STRIDES))):
            here = features[level]
            if above is not None:
                here = here + F.interpolate(above, scale_factor=2.0, mode="nearest")
            above = self.merge[level](here)
            maps.append(self.out[level](self.head[level](above)))
        return maps[::-1]


class Exported(nn.Module):
    """The exported graph: pixels (N, 3, H, W) uint8 RGB to ``OUTPUTS``, each (N, cells, ...).

    Scores are trained to predict IoU, and so are seldom near 1. The logit is shifted so that
    ``threshold`` becomes 0.5, and multiplied by ``sharpness``.
    """

    def __init__(self, net: DetectorNet, threshold: float, sharpness: float) -> None:
        super().__init__()
        self.net = net
        self.shift, self.sharpness = math.log(threshold / (1 - threshold)), sharpness

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        rows = [m.permute(0, 2, 3, 1).flatten(1, 2) for m in self.net(pixels)]
        return (
            *(((r[..., :1] - self.shift) * self.sharpness).sigmoid() for r in rows),
            *(F.softplus(r[..., 1:5]) for r in rows),
            *(r[..., 5:] for r in rows),
        )


def points_of(maps: list[Tensor]) -> tuple[Tensor, Tensor]:
    """(P, 2) xy of all cells' corners in px, and (P, 1) strides, level by level, row by row."""
    corners: list[Tensor] = []
    strides: list[Tensor] = []
    for stride, level in zip(STRIDES, maps, strict=True):
        height, width = level.shape[2:]
        y = torch.arange(height, device=level.device)
        x = torch.arange(width, device=level.device)
        grid = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).flip(-1).reshape(-1, 2)
        corners.append(grid.float() * stride)
        strides.append(torch.full((len(grid), 1), float(stride), device=level.device))
    return torch.cat(corners), torch.cat(strides)


def decoded(maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Logits (N, P), boxes (N, P, 4) xyxy and landmarks (N, P, 5, 2), px; and ``points_of``."""
    corners, strides = points_of(maps)
    rows = torch.cat([m.permute(0, 2, 3, 1).flatten(1, 2) for m in maps], 1).float()
    sides = F.softplus(rows[..., 1:5]) * strides
    box = torch.cat([corners - sides[..., :2], corners + sides[..., 2:]], -1)
    marks = (rows[..., 5:] * strides).unflatten(-1, (5, 2)) + corners[:, None]
    return rows[..., 0], box, marks, corners, strides
