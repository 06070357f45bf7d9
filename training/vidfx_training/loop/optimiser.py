"""The optimiser, and the moving average of the weights."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# torch's fused update of many tensors has a private name.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

from __future__ import annotations

import torch
from torch import nn

from vidfx_training.networks.classifier import Network
from vidfx_training.recipe import Schedule


def sgd(net: Network, schedule: Schedule) -> torch.optim.SGD:
    """SGD with Nesterov momentum over the layers that ``schedule.layers`` trains.

    Freezes all others. Only matrices have weight decay; ``speed`` of each parameter group is the
    factor of its learning rate, smaller below the head.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    last = net.last_stage()
    for name, parameter in net.named_parameters():
        trained = schedule.layers == "all" or name.startswith(last)
        parameter.requires_grad_(trained)
        if trained:
            head = name.startswith("head.")
            groups.setdefault((head, parameter.ndim > 1), []).append(parameter)
    return torch.optim.SGD(
        [
            {
                "params": parameters,
                "weight_decay": schedule.weight_decay if matrix else 0.0,
                "speed": 1.0 if head else schedule.backbone_lr,
            }
            for (head, matrix), parameters in groups.items()
        ],
        lr=0.0,
        momentum=0.9,
        nesterov=True,
    )


@torch.no_grad()
def average_into(averaged: nn.Module, net: nn.Module, decay: float) -> None:
    """Update ``averaged``, the exponential moving average of the weights and batch statistics."""
    pairs = list(zip(averaged.state_dict().values(), net.state_dict().values(), strict=True))
    floats = [(kept, new) for kept, new in pairs if kept.dtype.is_floating_point]
    torch._foreach_lerp_([kept for kept, _ in floats], [new for _, new in floats], 1 - decay)
    for kept, new in pairs:
        if not kept.dtype.is_floating_point:
            kept.copy_(new)
