"""Train the head alone, on features that the frozen backbone computes once per picture."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import torch
import torch.nn.functional as F

from vidfx_training.networks.classifier import Network
from vidfx_training.recipe import Schedule
from vidfx_training.torch_device import autocast, device_of

BATCH = 256
RATE = 1e-2


@torch.no_grad()
def features_of(net: Network, pixels: torch.Tensor, batch: int = 64) -> torch.Tensor:
    """Features (N, F) float32, on the device of ``net``, of uint8 pictures (N, C, S, S)."""
    net.eval()
    device = device_of(net)
    parts: list[torch.Tensor] = []
    for part in pixels.split(batch):
        x = (part.to(device).float() / 255).to(memory_format=torch.channels_last)
        with autocast(device):
            parts.append(net.features(x).float())
    return torch.cat(parts)


def fit_head(
    net: Network,
    pixels: torch.Tensor,
    target: torch.Tensor,
    class_weight: torch.Tensor,
    schedule: Schedule,
) -> float:
    """Train ``net.head`` on features of all pictures and their mirror images; returns the loss.

    ``target``: (N, K), rows sum to 1.
    The features are standardised for the fit; mean and deviation are then folded into the head.
    """
    features = torch.cat([features_of(net, pixels), features_of(net, pixels.flip(-1))])
    mean, std = features.mean(0), features.std(0) + 1e-3
    features = (features - mean) / std
    wanted = torch.cat([target, target]).to(features.device)
    weight = None if schedule.balance == "none" else class_weight.to(features.device)
    head = torch.nn.Linear(features.shape[1], len(class_weight), device=features.device)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    rng = torch.Generator().manual_seed(schedule.seed)
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    steps = schedule.head_epochs * -(-len(features) // BATCH)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    total = 0.0
    for _ in range(schedule.head_epochs):
        total = 0.0
        for rows in torch.randperm(len(features), generator=rng).split(BATCH):
            logits = head(features[rows])
            loss = F.cross_entropy(
                logits, wanted[rows], weight, label_smoothing=schedule.label_smoothing
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            decay.step()
            total += loss.item() * len(rows)
    with torch.no_grad():
        net.head.weight.copy_(head.weight / std)
        net.head.bias.copy_(head.bias - (head.weight / std) @ mean)
    return total / len(features)
