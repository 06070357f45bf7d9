"""Augmentation of whole batches on the device, from one seeded generator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture may be changed; a zero switches the change off."""

    flip: float = 0.5
    "probability of a mirror image"
    rotation: float = 15.0
    "degrees, either way"
    scale: float = 0.15
    "relative zoom, either way"
    shift: float = 0.08
    "of the side, either way"
    contrast: float = 0.3
    "relative contrast and gamma, either way"
    blur: float = 0.3
    "probability that a picture is blurred as a small face in a video is"
    noise: float = 0.02
    "standard deviation of added noise, of the full range, at most"
    cutout: float = 0.25
    "side of the erased square, of the picture's side, at most"
    mixup: float = 0.1
    "alpha of the beta distribution from which the mixing weight is drawn"


def augment(x: torch.Tensor, how: Augmentation, rng: torch.Generator) -> torch.Tensor:
    """Change each picture of ``x`` (N, 1, S, S), float 0..1, by its own random amounts."""
    n, _, side, _ = x.shape

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.rand(shape or (n,), generator=rng) * (high - low) + low

    angle = uniform(-how.rotation, how.rotation) * math.pi / 180
    zoom = torch.exp(uniform(-how.scale, how.scale))
    mirror = torch.where(uniform(0, 1) < how.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift_x, shift_y = uniform(-how.shift, how.shift) * 2, uniform(-how.shift, how.shift) * 2
    theta = torch.stack(
        [
            torch.stack([cos * mirror, -sin, shift_x], 1),
            torch.stack([sin * mirror, cos, shift_y], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, [n, 1, side, side], align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)

    gamma = torch.exp(uniform(-how.contrast, how.contrast)).view(n, 1, 1, 1)
    x = x.clamp(1e-3, 1) ** gamma
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    x = torch.where((uniform(0, 1) < how.blur).view(n, 1, 1, 1), blurred, x)
    x = x + torch.randn(x.shape, generator=rng) * uniform(0, how.noise).view(n, 1, 1, 1)

    if how.cutout:
        half = uniform(0, how.cutout / 2).view(n, 1, 1) * side
        at = torch.arange(side).view(1, 1, side)
        cx, cy = uniform(0, side).view(n, 1, 1), uniform(0, side).view(n, 1, 1)
        hole = ((at - cx).abs() < half) & ((at.transpose(1, 2) - cy).abs() < half)
        x = torch.where(hole.unsqueeze(1), x.mean(dim=(2, 3), keepdim=True), x)
    return x.clamp(0, 1)


def mixup(
    x: torch.Tensor, target: torch.Tensor, alpha: float, rng: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each picture and its target (N, K) with those of another one of the batch."""
    if not alpha:
        return x, target
    a = torch.full((1,), alpha)
    # torch.distributions takes no generator.
    first, second = (
        torch._standard_gamma(a, rng)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        for _ in range(2)
    )
    weight = float(first / (first + second).clamp_min(1e-8))
    order = torch.randperm(len(x), generator=rng)
    return weight * x + (1 - weight) * x[order], weight * target + (1 - weight) * target[order]
