"""From pictures and a recipe to the best weights; a killed run can be resumed."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from vidfx_training.checkpoint import save_checkpoint
from vidfx_training.dataset.votes import MAJORITY
from vidfx_training.errors import DataError, DivergedError
from vidfx_training.loop.augmentation import Augmenter, mixup
from vidfx_training.loop.head_fit import fit_head
from vidfx_training.loop.optimiser import average_into, sgd
from vidfx_training.loop.schedule import learning_rate, side_at
from vidfx_training.loop.state import STATE, load_state, run_identity, save_state
from vidfx_training.loop.teacher import Teacher
from vidfx_training.metrics import (
    accuracy,
    balanced_accuracy,
    check_validation,
    logits_of,
    soft_cross_entropy,
)
from vidfx_training.networks.classifier import Network
from vidfx_training.picture_array import Pictures
from vidfx_training.progress import Line, TrainingProgress
from vidfx_training.recipe import Recipe
from vidfx_training.tensor_file import read_tensors
from vidfx_training.torch_device import autocast, device_of

BEST = "best.safetensors"


@dataclass(frozen=True)
class Trained:
    """The result of a training: the averaged weights of the best epoch."""

    net: Network
    best: Line
    lines: tuple[Line, ...]
    seconds: float
    "of all epochs, including those before a --resume"


class TrainingLoop:
    """The epochs of one run, on the device that holds ``net``.

    ``out/best.safetensors`` always has the best weights. ``out/state.safetensors`` is written after
    every epoch; a run that is killed and resumed ends with the same weights as an uninterrupted
    one. Raises DataError where a class or a batch cannot be filled.
    """

    def __init__(
        self,
        net: Network,
        train_set: Pictures,
        val_set: Pictures,
        recipe: Recipe,
        out: Path,
        progress: TrainingProgress,
        teacher: Teacher | None = None,
    ) -> None:
        self.recipe, self.schedule = recipe, recipe.schedule
        if train_set.voted:  # the votes are smooth as they are
            self.schedule = replace(recipe.schedule, label_smoothing=0.0)
        self.device = device_of(net)
        self.out, self.progress, self.teacher = out, progress, teacher
        self.names = train_set.labels
        self.identity = run_identity(recipe, train_set, val_set, teacher)
        self.pixels, self.target = map(torch.from_numpy, (train_set.pixels, train_set.target))
        self.val_pixels, self.val_target = map(torch.from_numpy, (val_set.pixels, val_set.target))
        self.val_label, self.val_voted = torch.from_numpy(val_set.label), val_set.voted
        if len(train_set) < self.schedule.batch:
            raise DataError(
                f"{len(train_set)} pictures to train are fewer than a batch of"
                f" {self.schedule.batch}",
                hint="use a smaller --batch, or add pictures",
            )
        self.steps = len(train_set) // self.schedule.batch
        counts = self.target.sum(0)
        if empty := [name for name, n in zip(self.names, counts, strict=True) if not n]:
            raise DataError(
                f"there are no pictures of {empty[0]!r} to learn from",
                hint="add some, or take this class out; see vidfx dataset check",
            )
        check_validation(val_set)
        self.class_weight = counts.sum() / (len(counts) * counts)
        self.net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.averaged = deepcopy(self.net)
        self.optimiser = sgd(self.net, self.schedule)
        self.lines: list[Line] = []
        self.best: Line = {}

    def run(self, *, resume: bool = False) -> Trained:
        """Train all epochs that are left.

        Raises WeightsError where the state is of another run, DivergedError where the loss is not
        finite, and TrainingError where the disk is full.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        if not (resume and self._restore()):
            self._fit_head()
        epochs = 0 if self.schedule.layers == "head" else self.schedule.epochs
        for epoch in range(len(self.lines) - self._head_lines(), epochs):
            if self._out_of_patience():
                self.progress.say(
                    f"stopped: no better epoch among the last {self.schedule.patience}"
                )
                break
            self.train_epoch(epoch)
            self._save()
        tensors, _ = read_tensors(self.out / BEST)
        self.averaged.load_state_dict(tensors)
        seconds = sum(line["seconds"] for line in self.lines)
        return Trained(self.averaged.eval(), self.best, tuple(self.lines), seconds)

    def _head_lines(self) -> int:
        """Lines of the log for the epochs of the head alone: 1 or 0."""
        return int(self.schedule.head_epochs > 0)

    def _fit_head(self) -> None:
        if not self._head_lines():
            return
        started = time.perf_counter()
        torch.manual_seed(self.schedule.seed)
        loss = fit_head(self.net, self.pixels, self.target, self.class_weight, self.schedule)
        self.averaged.load_state_dict(self.net.state_dict())
        self._validate(0, self.recipe.input.side, loss, 0.0, started)
        self._save()

    def train_epoch(self, epoch: int) -> None:
        """One pass over the data. Its randomness depends only on the seed and ``epoch``."""
        started = time.perf_counter()
        schedule, side = self.schedule, side_at(self.recipe, epoch)
        torch.manual_seed(schedule.seed * 10_007 + epoch)
        rng = torch.Generator().manual_seed(schedule.seed * 10_007 + epoch)
        augmenter = Augmenter(self.recipe.augmentation, rng, self.device)
        self._train_mode()
        order = sampling_order(self.target, self.class_weight, self.schedule.balance, rng)
        total = rate = 0.0
        right = clear = 0
        for step in range(self.steps):
            rate = self.set_rate(epoch + step / self.steps)
            rows = order[step * schedule.batch : (step + 1) * schedule.batch]
            x = augmenter(self.pixels[rows], side)
            target = self.target[rows].to(self.device)
            x, target = mixup(x, target, self.recipe.augmentation.mixup, rng)
            loss, hits = self.step(x.to(memory_format=torch.channels_last), target)
            self._check_finite(loss, f"epoch {epoch + 1}, step {step + 1}")
            total, right = total + loss, right + hits
            clear += int((target.amax(1) > MAJORITY).sum())
            done = step + epoch * self.steps
            average_into(self.averaged, self.net, min(schedule.ema, (1 + done) / (10 + done)))
            self.progress.step(epoch + 1, step + 1, self.steps, loss)
        share = right / max(1, clear)
        self._validate(epoch + 1, side, total / self.steps, share, started, rate)

    def _check_finite(self, loss: float, when: str) -> None:
        """Raises DivergedError."""
        if not math.isfinite(loss):
            kept = "the best weights so far are kept" if self.best else "nothing was kept"
            raise DivergedError(
                f"the loss is {loss} in {when}; {kept} in {self.out / BEST}",
                hint="use a smaller --lr and start again, or look for broken pictures",
            )

    def _train_mode(self) -> None:
        """Training mode, but frozen layers keep their batch statistics."""
        self.net.train()
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
                module.eval()

    def set_rate(self, epoch: float) -> float:
        """Set the learning rate for ``epoch``, a fraction included; returns it."""
        rate = learning_rate(self.schedule, epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["speed"]
        return rate

    def step(self, x: torch.Tensor, target: torch.Tensor) -> tuple[float, int]:
        """Learn one batch, (N, C, S, S) float 0..1, for targets (N, K).

        Returns the loss and the number of right answers, of pictures with a majority.
        """
        with autocast(self.device):
            logits = self.net(x)
        logits = logits.float()
        smooth = self.schedule.label_smoothing
        soft = target * (1 - smooth) + smooth / target.shape[1]
        if self.teacher is not None:
            soft = soft.lerp(self.teacher(x), self.schedule.distil)
        each = soft_cross_entropy(logits, soft)
        if self.schedule.balance == "loss":
            each = each * (target * self.class_weight.to(self.device)).sum(1)
        loss = each.mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        top, label = target.max(1)
        return loss.item(), int(((logits.argmax(1) == label) & (top > MAJORITY)).sum())

    def _validate(
        self, epoch: int, side: int, loss: float, share: float, started: float, rate: float = 0.0
    ) -> None:
        """Measure, keep the weights if they are the best, and log the epoch."""
        logits = logits_of(self.averaged, self.val_pixels, side=side, bf16=True)
        line: Line = {
            "epoch": epoch,
            "side": side,
            "lr": rate,
            "train_loss": loss,
            "train_accuracy": share,
            "val_loss": float(soft_cross_entropy(logits, self.val_target).mean()),
            "val_accuracy": accuracy(logits, self.val_label),
            "val_balanced_accuracy": balanced_accuracy(logits, self.val_label),
            "seconds": time.perf_counter() - started,
        }
        self._check_finite(line["val_loss"], f"epoch {epoch}, on the validation set")
        self.lines.append(line)
        at_full_size = side == self.recipe.input.side
        if at_full_size and (not self.best or self._score(line) > self._score(self.best)):
            self.best = line
            save_checkpoint(self.out / BEST, self.averaged, self.recipe, self.names, line)
        self.progress.epoch(line)

    def _score(self, line: Line) -> tuple[float, float]:
        """The better of two epochs: with votes, the one that comes closer to them."""
        return 0.0 if self.val_voted else round(line["val_balanced_accuracy"], 4), -line["val_loss"]

    def _out_of_patience(self) -> bool:
        """Counts epochs at full size only, since only those can be the best."""
        patience, full = self.schedule.patience, self.recipe.input.side
        if not (patience and self.best):
            return False
        since = [li for li in self.lines if li["epoch"] > self.best["epoch"] and li["side"] == full]
        return len(since) >= patience

    def _save(self) -> None:
        save_state(
            self.out / STATE,
            self.net,
            self.averaged,
            self.optimiser,
            identity=self.identity,
            lines=self.lines,
            best=self.best,
        )

    def _restore(self) -> bool:
        """Whether there was a state to continue from. Raises WeightsError."""
        file = self.out / STATE
        if not file.is_file():
            self.progress.say(f"{file}: nothing to resume; starting from the beginning")
            return False
        self.lines, self.best = load_state(
            file, self.net, self.averaged, self.optimiser, identity=self.identity
        )
        self.progress.say(f"resumed after epoch {self.lines[-1]['epoch']:g}")
        for line in self.lines:
            self.progress.epoch(line)
        return True


def sampling_order(
    target: torch.Tensor, class_weight: torch.Tensor, balance: str, rng: torch.Generator
) -> torch.Tensor:
    """(N,) int64, the pictures of an epoch in order; "sampler" draws rare classes more often."""
    if balance != "sampler":
        return torch.randperm(len(target), generator=rng)
    weight = target @ class_weight
    return torch.multinomial(weight, len(target), replacement=True, generator=rng)
