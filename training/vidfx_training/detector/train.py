"""Train the detector on all images, and optionally without each fold, for measuring."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from vidfx_engines.files import write_atomically
from vidfx_training.detector.labelled_images import LabelledImage
from vidfx_training.detector.loss import losses
from vidfx_training.detector.mosaic_batches import EVERYWHERE, Batch, batches
from vidfx_training.detector.network import DetectorNet
from vidfx_training.detector.recipe import DetectorRecipe, NetworkShape
from vidfx_training.errors import TrainingError
from vidfx_training.loop.optimiser import average_into
from vidfx_training.tensor_file import read_tensors, write_tensors
from vidfx_training.torch_device import autocast

ALL = "all"
LOG_EVERY, SAVE_EVERY_S = 50, 60.0


def name_of(without: int | None) -> str:
    """The name of the learner that is trained without this fold; None: on all."""
    return ALL if without is None else f"without-{without}"


class Learner:
    """A network trained on every fold but one, and the moving average of its weights."""

    def __init__(
        self, recipe: DetectorRecipe, start: DetectorNet, without: int | None, device: torch.device
    ) -> None:
        schedule = recipe.schedule
        self.without = without
        self.name = name_of(without)
        self.net = copy.deepcopy(start).train().to(device)
        self.net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.mean = copy.deepcopy(self.net).eval().requires_grad_(requires_grad=False)
        self._schedule, self._device, self._steps = schedule, device, 0
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        others = [p for p in self.net.parameters() if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": schedule.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=schedule.lr,
        )

    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        """Train on one batch; returns the losses. ``progress``: 0 at the start, 1 at the end."""
        self._steps += 1
        rate = self._schedule.lr * min(1.0, self._steps / max(1, self._schedule.warmup))
        for group in self._optimizer.param_groups:
            group["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))
        with autocast(self._device):
            maps = self.net(batch.pixels)
        loss, parts = losses(maps, batch.truth)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self._optimizer.step()
        decay = min(self._schedule.ema, (1 + self._steps) / (10 + self._steps))
        average_into(self.mean, self.net, decay)
        return parts

    def save(self, out: Path) -> None:
        write_tensors(weights_of(out, self.name), self.mean.state_dict(), {})


def train(
    recipe: DetectorRecipe,
    pictures: Sequence[LabelledImage],
    out: Path,
    *,
    without: Sequence[int | None] = (None,),
    init: Path | None = None,
    device: torch.device,
    minutes: float | None = None,
    workers: int = 0,
) -> int:
    """Train a learner for each of ``without`` and write its weights to ``out``; returns the steps.

    ``without``: the fold that a learner never sees, None for all; ``init``: initial weights. Ends
    after the recipe's steps or after ``minutes``, whichever comes first; the learning rate falls to
    0 by then. Raises TrainingError where the loss is not finite or ``init`` does not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    schedule = recipe.schedule
    torch.backends.cudnn.benchmark = True  # every batch has one shape
    torch.manual_seed(schedule.seed)
    start = network(recipe.network) if init is None else load(recipe, init)
    learners = [Learner(recipe, start, k, device) for k in without]
    folds = sorted({p.fold for p in pictures if p.fold != EVERYWHERE}) or [EVERYWHERE]
    folds = [f for f in folds if any(k != f for k in without)]
    stream = batches(
        pictures, recipe.canvas.shares, side=recipe.canvas.side, batch=schedule.batch,
        folds=folds, seed=schedule.seed, workers=workers,
    )  # fmt: skip
    started = saved = time.monotonic()
    step, done = 0, False
    with (out / "log.jsonl").open("w", encoding="utf-8") as log:
        while not done:
            batch = next(stream).to(device)
            passed = time.monotonic() - started
            by_time = passed / 60 / minutes if minutes else 0.0
            progress = max(step / schedule.steps, by_time)
            parts = {
                learner.name: learner.step(batch, progress)
                for learner in learners
                if learner.without != batch.fold
            }
            step += 1
            done = step >= schedule.steps or progress >= 1
            if step % LOG_EVERY == 0 or done:
                line = {"step": step, "s": round(passed, 1), "progress": round(progress, 4)}
                parts_by_name = {name: _rounded(name, some) for name, some in parts.items()}
                print(json.dumps(line | {"loss": parts_by_name}), file=log, flush=True)
            if done or time.monotonic() - saved > SAVE_EVERY_S:
                saved = time.monotonic()
                for learner in learners:
                    learner.save(out)
    facts = {"steps": step, "minutes": round((time.monotonic() - started) / 60, 2)}
    record = {"recipe": asdict(recipe), "device": str(device), "torch": torch.__version__} | facts
    write_atomically(out / "run.json", (json.dumps(record, indent=2) + "\n").encode())
    return step


def _rounded(name: str, parts: dict[str, torch.Tensor]) -> dict[str, float]:
    """Raises TrainingError where a loss is not finite."""
    values = {part: round(float(value), 4) for part, value in parts.items()}
    if not all(map(math.isfinite, values.values())):
        raise TrainingError(f"{name}: the loss is not finite: {values}")
    return values


def network(shape: NetworkShape) -> DetectorNet:
    """A network of this shape with random weights."""
    stem, quarter, *rest = shape.widths
    return DetectorNet((stem, quarter, *rest), tuple(shape.depths), shape.features)  # pyright: ignore


def weights_of(out: Path, name: str) -> Path:
    """The file with the weights of the learner ``name``."""
    return out / f"{name}.safetensors"


def load(recipe: DetectorRecipe, path: Path) -> DetectorNet:
    """The network with the weights at ``path``. Raises TrainingError where they do not fit."""
    net = network(recipe.network)
    tensors, _ = read_tensors(path)
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path}: {reason}", hint="is it of another recipe?") from None
    return net.eval()
