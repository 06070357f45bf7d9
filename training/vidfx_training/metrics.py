"""Logits of a network, its accuracy and its calibration, as training needs them."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from vidfx_training.errors import DataError
from vidfx_training.networks.classifier import Network
from vidfx_training.picture_array import Pictures
from vidfx_training.reliability import calibration_error, reliability
from vidfx_training.torch_device import autocast, device_of


def soft_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(N,): the cross-entropy of logits (N, K) against probabilities (N, K)."""
    return -(target * F.log_softmax(logits, dim=1)).sum(1)


@torch.inference_mode()
def logits_of(
    net: nn.Module,
    pixels: torch.Tensor,
    *,
    side: int | None = None,
    bf16: bool = False,
    batch: int = 128,
) -> torch.Tensor:
    """Logits (N, K) float32, on the CPU, of uint8 pictures (N, C, S, S) resized to ``side`` px.

    Sets ``net``, on any device, to evaluation mode.
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


def accuracy(logits: torch.Tensor, label: torch.Tensor) -> float:
    """Share of right answers among the pictures whose ``label`` is not -1."""
    right = logits.argmax(1) == label
    return float(right[label >= 0].float().mean())


def balanced_accuracy(logits: torch.Tensor, label: torch.Tensor) -> float:
    """Mean recall of the classes that occur in ``label``."""
    return float(np.mean(list(recalls(logits, label).values())))


def recalls(logits: torch.Tensor, label: torch.Tensor) -> dict[int, float]:
    """Recall of each class that occurs in ``label``, by index; -1 is none."""
    right = logits.argmax(1) == label
    found = label[label >= 0].unique()
    return {int(k): float(right[label == k].float().mean()) for k in found}


@torch.inference_mode()
def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature that minimises the NLL of logits (N, K) for labels (N,) (Guo 2017).

    The NLL is convex in 1 / T, so bisection of its slope finds the minimum. The result is limited
    to 1/5..5: with all pictures right, or all wrong, there is no minimum.
    """
    logits = logits.double()
    wanted = logits.gather(1, labels[:, None]).mean()
    low, high = -math.log(5), math.log(5)
    for _ in range(40):
        middle = (low + high) / 2
        prob = torch.softmax(logits / math.exp(middle), dim=1)
        too_confident = bool((prob * logits).sum(1).mean() > wanted)
        low, high = (middle, high) if too_confident else (low, middle)
    return math.exp((low + high) / 2)


def probability_reached(confidence: np.ndarray, share: float) -> float:
    """A probability that at least ``share`` of confidences (N,) reach.

    The quantile at 1 - ``share``, rounded down to 0.01.
    """
    reached = float(np.quantile(confidence, 1 - share, method="lower"))
    return math.floor(100 * reached + 1e-9) / 100


def check_validation(val_set: Pictures) -> None:
    """Raises DataError where no picture has a majority, so that there is no accuracy."""
    if not (val_set.label >= 0).any():
        raise DataError(
            "there are no pictures to validate on with a majority for a class",
            hint="add some to the val part: vidfx dataset split",
        )


def validation_figures(net: Network, val_set: Pictures, shown: float = 1.0) -> dict[str, Any]:
    """Temperature and accuracy of ``net`` on the validation set, by the names of the model card.

    ``shown``: the share of the pictures with a majority whose expression is to be shown; it sets
    ``min_prob``. At 1 there is none. Raises DataError where no picture has a majority.
    """
    check_validation(val_set)
    logits = logits_of(net, torch.from_numpy(val_set.pixels))
    label, target = torch.from_numpy(val_set.label), torch.from_numpy(val_set.target)
    clear = label >= 0
    temperature = fit_temperature(logits[clear], label[clear])
    right = (logits.argmax(1) == label)[clear].numpy()

    def confidence(rows: torch.Tensor, t: float = temperature) -> np.ndarray:
        return torch.softmax(logits[rows] / t, dim=1).amax(1).numpy()

    sure, found = confidence(clear), recalls(logits, label)
    figures = {
        "parameters": sum(p.numel() for p in net.parameters()),
        "temperature": temperature,
        "val_pictures": int(clear.sum()),
        "val_cross_entropy": float(soft_cross_entropy(logits / temperature, target).mean()),
        "val_accuracy": accuracy(logits, label),
        "val_balanced_accuracy": balanced_accuracy(logits, label),
        "val_calibration_error": calibration_error(reliability(sure, right)),
        "val_calibration_error_before": calibration_error(
            reliability(confidence(clear, 1.0), right)
        ),
        **{f"val_recall_{val_set.labels[k]}": recall for k, recall in found.items()},
    }
    if shown < 1:
        least = probability_reached(sure, shown)
        figures["min_prob"] = least
        figures["val_shown"] = float((sure >= least).mean())
        if not bool(clear.all()):
            figures["val_shown_without_majority"] = float((confidence(~clear) >= least).mean())
    return figures
