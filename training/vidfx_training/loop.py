"""The training loop: one function from pictures to the best weights and their evidence."""

# torch's stubs leave the types of some functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from vidfx_training.data import Pictures
from vidfx_training.transforms import Augmentation, augment, mixup


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn; seeds are part of it, so that a run can be repeated."""

    epochs: int = 30
    batch: int = 128
    lr: float = 0.1
    "peak learning rate of SGD with Nesterov momentum 0.9, reached after `warmup` epochs"
    warmup: float = 1.0
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    ema: float = 0.998
    "decay per step of the averaged weights, which are the ones evaluated and kept"
    sides: tuple[tuple[float, int], ...] = ((0.0, 32), (0.5, 40), (0.78, 48))
    "progressive resizing: from this share of the epochs on, pictures of this side"
    compile: bool = True
    "torch.compile the training step; about a quarter faster on two CPU cores"
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)


def to_tensor(pictures: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as (N, 1, S, S) uint8 and labels (N,) int64."""
    return torch.from_numpy(pictures.pixels).unsqueeze(1), torch.from_numpy(pictures.label)


@torch.inference_mode()
def logits_of(net: nn.Module, pixels: torch.Tensor, batch: int = 256) -> torch.Tensor:
    """Logits (N, K) float32 of uint8 pictures (N, 1, S, S), in evaluation mode."""
    net.eval()
    return torch.cat([net(part.float() / 255).float() for part in pixels.split(batch)])


def learning_rate(schedule: Schedule, epoch: float) -> float:
    """Linear warm-up, then a cosine to zero."""
    if epoch < schedule.warmup:
        return schedule.lr * epoch / schedule.warmup
    done = (epoch - schedule.warmup) / (schedule.epochs - schedule.warmup)
    return schedule.lr * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def side_at(schedule: Schedule, epoch: int) -> int:
    """The side of the training pictures in this epoch, counted from 0."""
    return [side for start, side in schedule.sides if epoch >= start * schedule.epochs][-1]


def cpu_has_bf16() -> bool:
    """Whether convolutions in bfloat16 have a fast kernel here; without one they take 10 x."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def train(
    net: nn.Module,
    train_set: Pictures,
    val_set: Pictures,
    schedule: Schedule,
    out: Path,
    report: Callable[[dict[str, float]], None] = lambda _: None,
) -> nn.Module:
    """Fit ``net`` and return it with the averaged weights of the best validation epoch.

    Each epoch appends a line to ``out/log.jsonl``; ``out/best.safetensors`` always holds the
    best weights so far. Raises ValueError where there are fewer pictures than a batch.
    """
    steps = _steps_in(train_set, schedule.batch)
    out.mkdir(parents=True, exist_ok=True)
    rng = torch.Generator().manual_seed(schedule.seed)
    torch.manual_seed(schedule.seed)
    pixels, labels = to_tensor(train_set)
    val_pixels, val_labels = to_tensor(val_set)
    classes = len(train_set.labels)
    net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    averaged = deepcopy(net)
    forward = torch.compile(net, dynamic=False) if schedule.compile else net
    bf16 = cpu_has_bf16()
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.SGD(
        [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": plain}],
        lr=0.0,
        momentum=0.9,
        nesterov=True,
    )
    best = -1.0
    with (out / "log.jsonl").open("w", encoding="utf-8") as log:
        for epoch in range(schedule.epochs):
            started = time.perf_counter()
            side = side_at(schedule, epoch)
            net.train()
            total = 0.0
            order = torch.randperm(len(pixels), generator=rng)
            for step in range(steps):
                for group in optimiser.param_groups:
                    group["lr"] = learning_rate(schedule, epoch + step / steps)
                rows = order[step * schedule.batch : (step + 1) * schedule.batch]
                x = augment(pixels[rows].float() / 255, schedule.augmentation, rng)
                target = F.one_hot(labels[rows], classes).float()
                x, target = mixup(x, target, schedule.augmentation.mixup, rng)
                if side != x.shape[-1]:
                    x = F.interpolate(
                        x, size=side, mode="bilinear", antialias=True, align_corners=False
                    )
                x = x.to(memory_format=torch.channels_last)
                with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                    logits = forward(x)
                loss = F.cross_entropy(
                    logits.float(), target, label_smoothing=schedule.label_smoothing
                )
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 5.0)
                optimiser.step()
                total += loss.item()
                average_into(averaged, net, min(schedule.ema, (step + epoch * steps + 1) / 100))
            logits = logits_of(averaged, val_pixels)
            accuracy = float((logits.argmax(1) == val_labels).float().mean())
            line = {
                "epoch": epoch + 1,
                "side": side,
                "train_loss": total / steps,
                "val_loss": float(F.cross_entropy(logits, val_labels)),
                "val_accuracy": accuracy,
                "seconds": time.perf_counter() - started,
            }
            log.write(json.dumps(line) + "\n")
            log.flush()
            report(line)
            if accuracy > best:
                best = accuracy
                state = {k: v.contiguous() for k, v in averaged.state_dict().items()}
                save_file(state, out / "best.safetensors")
    averaged.load_state_dict(load_file(out / "best.safetensors"))
    return averaged


def _steps_in(pictures: Pictures, batch: int) -> int:
    """Whole batches in an epoch, one at least."""
    if len(pictures) < batch:
        raise ValueError(f"{len(pictures)} pictures to train are fewer than a batch of {batch}")
    return len(pictures) // batch


@torch.no_grad()
def average_into(averaged: nn.Module, net: nn.Module, decay: float) -> None:
    """Exponential moving average of every weight and batch statistic."""
    for kept, new in zip(averaged.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


@torch.inference_mode()
def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The temperature that makes the probabilities honest (Guo 2017), by minimising the NLL.

    The NLL is convex in 1 / T, so its slope changes sign once; bisection finds where. The result
    stays within 1/20 and 20: where nothing is wrong, or nothing right, there is no best one.
    """
    logits = logits.double()
    wanted = logits.gather(1, labels[:, None]).mean()
    low, high = -math.log(20), math.log(20)
    for _ in range(40):
        middle = (low + high) / 2
        prob = torch.softmax(logits / math.exp(middle), dim=1)
        too_sure = bool((prob * logits).sum(1).mean() > wanted)
        low, high = (middle, high) if too_sure else (low, middle)
    return math.exp((low + high) / 2)
