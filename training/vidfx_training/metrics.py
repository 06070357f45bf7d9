"""What the training needs to know of a network: its logits, how right and how honest they are."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from vidfx_training.compute import autocast, device_of
from vidfx_training.data import Pictures


def to_tensors(pictures: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as (N, C, S, S) uint8 and labels (N,) int64."""
    return torch.from_numpy(pictures.pixels), torch.from_numpy(pictures.label)


@torch.inference_mode()
def logits_of(
    net: nn.Module,
    pixels: torch.Tensor,
    *,
    side: int | None = None,
    bf16: bool = False,
    batch: int = 128,
) -> torch.Tensor:
    """Logits (N, K) float32 of uint8 pictures (N, C, S, S), in evaluation mode, at ``side`` px.

    The net may be on any device; what comes back is on the host.
    """
    net.eval()
    device = device_of(net)
    parts: list[torch.Tensor] = []
    for part in pixels.split(batch):
        x = part.to(device).float() / 255
        if side is not None and side != x.shape[-1]:
            x = F.interpolate(x, size=side, mode="bilinear", antialias=True, align_corners=False)
        with autocast(device, enabled=bf16):
            parts.append(net(x.to(memory_format=torch.channels_last)).float())
    return torch.cat(parts).cpu()


def balanced_accuracy(logits: torch.Tensor, label: torch.Tensor) -> float:
    """Mean recall of the classes that are there."""
    return float(np.mean(list(recalls(logits, label).values())))


def recalls(logits: torch.Tensor, label: torch.Tensor) -> dict[int, float]:
    """Share of each class that was found, by index."""
    right = logits.argmax(1) == label
    return {int(k): float(right[label == k].float().mean()) for k in label.unique()}


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Guo 2017) of confidences (N,) against outcomes (N,)."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        rows = which == b
        if rows.any():
            total += rows.mean() * abs(confidence[rows].mean() - right[rows].mean())
    return float(total)


@torch.inference_mode()
def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature that makes the probabilities honest (Guo 2017), by minimising the NLL.

    The NLL is convex in 1 / T, so its slope changes sign once; bisection finds where. The result
    stays within 1/3 and 5: where nothing is wrong, or nothing right, there is no best one.
    """
    logits = logits.double()
    wanted = logits.gather(1, labels[:, None]).mean()
    low, high = -math.log(3), math.log(5)
    for _ in range(40):
        middle = (low + high) / 2
        prob = torch.softmax(logits / math.exp(middle), dim=1)
        too_sure = bool((prob * logits).sum(1).mean() > wanted)
        low, high = (middle, high) if too_sure else (low, middle)
    return math.exp((low + high) / 2)
