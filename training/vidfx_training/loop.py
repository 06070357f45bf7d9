"""The training loop: from pictures and a recipe to the best weights, resumable after any kill."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# torch's fused update of many tensors at once bears a private name.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

from __future__ import annotations

import hashlib
import json
import math
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from vidfx_training.checkpoint import read_tensors, save_checkpoint, write_tensors
from vidfx_training.compute import autocast, device_of
from vidfx_training.data import Pictures
from vidfx_training.errors import DataError, DivergedError, WeightsError
from vidfx_training.metrics import balanced_accuracy, logits_of, to_tensors
from vidfx_training.networks.classifier import Network
from vidfx_training.networks.heads import fit_head
from vidfx_training.recipe import Recipe
from vidfx_training.schedule import learning_rate, side_at
from vidfx_training.teacher import Teacher
from vidfx_training.transforms import Augmenter, mixup
from vidfx_training.watch import Line, Watcher

STATE = "state.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True)
class Trained:
    """What came out: the averaged weights of the best epoch."""

    net: Network
    best: Line
    lines: tuple[Line, ...]
    seconds: float
    "of all epochs, also those before a --resume"


def train(
    net: Network,
    train_set: Pictures,
    val_set: Pictures,
    recipe: Recipe,
    out: Path,
    watcher: Watcher,
    *,
    teacher: Teacher | None = None,
    resume: bool = False,
) -> Trained:
    """Fit ``net``, on the device that it is on; ``out/best.safetensors`` always holds the best.

    After every epoch ``out/state.safetensors`` holds all that the next one needs: a run that was
    killed and resumed gives the weights of one that was not. Raises DataError, WeightsError where
    the state is of another run, DivergedError, and TrainingError where the disk is full.
    """
    return _Run(net, train_set, val_set, recipe, out, watcher, teacher)(resume=resume)


@torch.no_grad()
def average_into(averaged: nn.Module, net: nn.Module, decay: float) -> None:
    """Exponential moving average of every weight and batch statistic."""
    pairs = list(zip(averaged.state_dict().values(), net.state_dict().values(), strict=True))
    smooth = [(kept, new) for kept, new in pairs if kept.dtype.is_floating_point]
    torch._foreach_lerp_([kept for kept, _ in smooth], [new for _, new in smooth], 1 - decay)
    for kept, new in pairs:
        if not kept.dtype.is_floating_point:
            kept.copy_(new)


class _Run:
    def __init__(
        self,
        net: Network,
        train_set: Pictures,
        val_set: Pictures,
        recipe: Recipe,
        out: Path,
        watcher: Watcher,
        teacher: Teacher | None,
    ) -> None:
        self.recipe, self.schedule = recipe, recipe.schedule
        self.device = device_of(net)
        self.out, self.watcher, self.teacher = out, watcher, teacher
        self.names = train_set.labels
        self.same = {
            "recipe": recipe.to_json(),
            "labels": json.dumps(self.names),
            "pictures": str(len(train_set)),
            "data": _digest(train_set, val_set),
            "teachers": teacher.digest if teacher else "",
        }
        self.pixels, self.label = to_tensors(train_set)
        self.val_pixels, self.val_label = to_tensors(val_set)
        if len(train_set) < self.schedule.batch:
            raise DataError(
                f"{len(train_set)} pictures to train are fewer than a batch of"
                f" {self.schedule.batch}",
                hint="use a smaller --batch, or add pictures",
            )
        self.steps = len(train_set) // self.schedule.batch
        if empty := [name for name, pictures in train_set.counts().items() if not pictures]:
            raise DataError(
                f"there are no pictures of {empty[0]!r} to learn from",
                hint="add some, or take this class out; see vidfx dataset check",
            )
        if not len(val_set):
            raise DataError("there are no pictures to validate on", hint="vidfx dataset split")
        counts = torch.bincount(self.label, minlength=len(self.names)).float()
        self.class_weight = counts.sum() / (len(counts) * counts)
        self.net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.averaged = deepcopy(self.net)
        self.optimiser = self._optimiser()
        self.lines: list[Line] = []
        self.best: Line = {}

    def _optimiser(self) -> torch.optim.SGD:
        """SGD over what may learn: decay for matrices only, less speed below the head."""
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        last = self.net.last_stage()
        for name, parameter in self.net.named_parameters():
            learns = self.schedule.layers == "all" or name.startswith(last)
            parameter.requires_grad_(learns)
            if learns:
                head = name.startswith("head.")
                groups.setdefault((head, parameter.ndim > 1), []).append(parameter)
        return torch.optim.SGD(
            [
                {
                    "params": parameters,
                    "weight_decay": self.schedule.weight_decay if matrix else 0.0,
                    "speed": 1.0 if head else self.schedule.backbone_lr,
                }
                for (head, matrix), parameters in groups.items()
            ],
            lr=0.0,
            momentum=0.9,
            nesterov=True,
        )

    def __call__(self, *, resume: bool) -> Trained:
        self.out.mkdir(parents=True, exist_ok=True)
        if not (resume and self._restore()):
            self._first()
        epochs = 0 if self.schedule.layers == "head" else self.schedule.epochs
        for epoch in range(len(self.lines) - self._headed(), epochs):
            if self._stale():
                self.watcher.say(
                    f"stopped: no better epoch among the last {self.schedule.patience}"
                )
                break
            self._epoch(epoch)
            self._save()
        tensors, _ = read_tensors(self.out / BEST)
        self.averaged.load_state_dict(tensors)
        seconds = sum(line["seconds"] for line in self.lines)
        return Trained(self.averaged.eval(), self.best, tuple(self.lines), seconds)

    def _headed(self) -> int:
        """Lines of the log that are of the head alone: one or none."""
        return int(self.schedule.head_epochs > 0)

    def _first(self) -> None:
        if not self._headed():
            return
        started = time.perf_counter()
        torch.manual_seed(self.schedule.seed)
        loss = fit_head(self.net, self.pixels, self.label, self.class_weight, self.schedule)
        self.averaged.load_state_dict(self.net.state_dict())
        self._close(0, self.recipe.input.side, loss, 0.0, started)
        self._save()

    def _epoch(self, epoch: int) -> None:
        """One pass over the data. Its randomness depends on the seed and its number alone."""
        started = time.perf_counter()
        schedule, side = self.schedule, side_at(self.recipe, epoch)
        torch.manual_seed(schedule.seed * 10_007 + epoch)
        rng = torch.Generator().manual_seed(schedule.seed * 10_007 + epoch)
        augmenter = Augmenter(self.recipe.augmentation, rng, self.device)
        self._train_mode()
        order = self._order(rng)
        total = right = rate = 0.0
        for step in range(self.steps):
            rate = self._set_rate(epoch + step / self.steps)
            rows = order[step * schedule.batch : (step + 1) * schedule.batch]
            x = augmenter(self.pixels[rows], side)
            target = F.one_hot(self.label[rows].to(self.device), len(self.names)).float()
            x, target = mixup(x, target, self.recipe.augmentation.mixup, rng)
            loss, hits = self._step(x.to(memory_format=torch.channels_last), target)
            self._finite(loss, f"epoch {epoch + 1}, step {step + 1}")
            total, right = total + loss, right + hits
            done = step + epoch * self.steps
            average_into(self.averaged, self.net, min(schedule.ema, (1 + done) / (10 + done)))
            self.watcher.step(epoch + 1, step + 1, self.steps, loss)
        share = right / (self.steps * schedule.batch)
        self._close(epoch + 1, side, total / self.steps, share, started, rate)

    def _finite(self, loss: float, when: str) -> None:
        """Raises DivergedError."""
        if not math.isfinite(loss):
            kept = "the best weights so far are kept" if self.best else "nothing was kept"
            raise DivergedError(
                f"the loss is {loss} in {when}; {kept} in {self.out / BEST}",
                hint="use a smaller --lr and start again, or look for broken pictures",
            )

    def _train_mode(self) -> None:
        """Batch statistics of frozen layers stay as they came."""
        self.net.train()
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
                module.eval()

    def _order(self, rng: torch.Generator) -> torch.Tensor:
        if self.schedule.balance != "sampler":
            return torch.randperm(len(self.label), generator=rng)
        weights = self.class_weight[self.label]
        return torch.multinomial(weights, len(self.label), replacement=True, generator=rng)

    def _set_rate(self, epoch: float) -> float:
        rate = learning_rate(self.schedule, epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["speed"]
        return rate

    def _step(self, x: torch.Tensor, target: torch.Tensor) -> tuple[float, int]:
        with autocast(self.device):
            logits = self.net(x)
        logits = logits.float()
        smooth = self.schedule.label_smoothing
        soft = target * (1 - smooth) + smooth / target.shape[1]
        if self.teacher is not None:
            soft = soft.lerp(self.teacher(x), self.schedule.distil)
        each = -(soft * F.log_softmax(logits, dim=1)).sum(1)
        if self.schedule.balance == "loss":
            each = each * (target * self.class_weight.to(self.device)).sum(1)
        loss = each.mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        return loss.item(), int((logits.argmax(1) == target.argmax(1)).sum())

    def _close(
        self, epoch: int, side: int, loss: float, share: float, started: float, rate: float = 0.0
    ) -> None:
        """Measure, keep the weights if they are the best, and tell."""
        logits = logits_of(self.averaged, self.val_pixels, side=side, bf16=True)
        line: Line = {
            "epoch": epoch,
            "side": side,
            "lr": rate,
            "train_loss": loss,
            "train_accuracy": share,
            "val_loss": float(F.cross_entropy(logits, self.val_label)),
            "val_accuracy": float((logits.argmax(1) == self.val_label).float().mean()),
            "val_balanced_accuracy": balanced_accuracy(logits, self.val_label),
            "seconds": time.perf_counter() - started,
        }
        self._finite(line["val_loss"], f"epoch {epoch}, on the validation set")
        self.lines.append(line)
        at_full_size = side == self.recipe.input.side
        if at_full_size and (not self.best or _score(line) > _score(self.best)):
            self.best = line
            save_checkpoint(self.out / BEST, self.averaged, self.recipe, self.names, line)
        self.watcher.epoch(line)

    def _stale(self) -> bool:
        """Epochs on smaller pictures could not be better, and do not count."""
        patience, full = self.schedule.patience, self.recipe.input.side
        if not (patience and self.best):
            return False
        since = [li for li in self.lines if li["epoch"] > self.best["epoch"] and li["side"] == full]
        return len(since) >= patience

    def _save(self) -> None:
        tensors = {f"net.{n}": t for n, t in self.net.state_dict().items()}
        tensors |= {f"averaged.{n}": t for n, t in self.averaged.state_dict().items()}
        for name, parameter in self.net.named_parameters():
            momentum = self.optimiser.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[f"momentum.{name}"] = momentum
        found = {"lines": json.dumps(self.lines), "best": json.dumps(self.best)}
        write_tensors(self.out / STATE, tensors, self.same | found)

    def _restore(self) -> bool:
        """Whether there was a state to go on from. Raises WeightsError."""
        file = self.out / STATE
        if not file.is_file():
            self.watcher.say(f"{file}: nothing to resume; starting from the beginning")
            return False
        tensors, meta = read_tensors(file)
        for name, now in self.same.items():
            if meta.get(name, now) != now:
                raise WeightsError(
                    f"{file}: the {name} of this run are not those that it was begun with",
                    hint="give the same options and data, or start anew without --resume",
                )
        for prefix, owner in (("net.", self.net), ("averaged.", self.averaged)):
            owner.load_state_dict(_below(tensors, prefix))
        momenta = _below(tensors, "momentum.")
        for name, parameter in self.net.named_parameters():
            if name in momenta:
                buffer = momenta[name].to(self.device)
                self.optimiser.state[parameter]["momentum_buffer"] = buffer
        self.lines, self.best = json.loads(meta["lines"]), json.loads(meta["best"])
        self.watcher.say(f"resumed after epoch {self.lines[-1]['epoch']:g}")
        for line in self.lines:
            self.watcher.epoch(line)
        return True


def _score(line: Line) -> tuple[float, float]:
    return round(line["val_balanced_accuracy"], 4), -line["val_loss"]


def _digest(*parts: Pictures) -> str:
    content = hashlib.sha256()
    for part in parts:
        content.update(repr((part.paths, part.pixels.shape)).encode("utf-8", "surrogateescape"))
        content.update(part.label.tobytes())
        content.update(np.ascontiguousarray(part.pixels).data)
    return content.hexdigest()


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
