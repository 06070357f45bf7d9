"""``python -m benchmarks training --data DIR``: `vidfx train` and the usual torchvision loop.

Both train ResNet-18 from scratch on the same pictures for the same number of epochs. The usual loop
is ImageFolder, a DataLoader with one worker per core and float32 at 224 px, with the same kinds of
augmentation; vidfx uses its recipe unchanged. Printed are the pictures per second of the training
steps, and the accuracy of both on the same validation set.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18

from benchmarks.measure import machine
from benchmarks.saved import Row, add_option, show
from vidfx_engines.cores import available_cores
from vidfx_training.dataset.index import read_dataset
from vidfx_training.progress import Line
from vidfx_training.recipe import recipe_for
from vidfx_training.train_run import train_run
from vidfx_training.training_request import TrainingRequest

BATCH = 64
LR = 0.01


class Silent:
    """Counts the time of the steps alone, without validation and writing."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.steps = 0
        self._last = time.perf_counter()

    def say(self, text: str) -> None: ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        now = time.perf_counter()
        if step > 1:  # the first of an epoch holds the validation before it
            self.seconds += now - self._last
            self.steps += 1
        self._last = now

    def epoch(self, line: Line) -> None: ...


def usual(folder: Path, epochs: int, seed: int) -> tuple[float, float]:
    """Pictures a second and validation accuracy of the usual loop."""
    torch.manual_seed(seed)
    normalise = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    changed = transforms.Compose(
        [
            transforms.Resize((224, 224)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomRotation(15),
            transforms.ColorJitter(0.3, 0.3),
            transforms.ToTensor(),
            normalise,
        ]
    )
    plain = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor(), normalise])
    train_set = ImageFolder(str(folder / "train"), changed)
    loader = DataLoader(
        train_set, BATCH, shuffle=True, num_workers=available_cores(), drop_last=True
    )
    val = DataLoader(ImageFolder(str(folder / "val"), plain), BATCH, num_workers=available_cores())
    net = resnet18(num_classes=len(train_set.classes))
    optimiser = torch.optim.SGD(net.parameters(), lr=LR, momentum=0.9, weight_decay=5e-4)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * len(loader))
    lost = nn.CrossEntropyLoss(label_smoothing=0.1)
    seconds = steps = 0.0
    for _ in range(epochs):
        net.train()
        last = time.perf_counter()
        for step, (x, y) in enumerate(loader):
            loss = lost(net(x), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            slower.step()
            now = time.perf_counter()
            if step:
                seconds, steps = seconds + now - last, steps + 1
            last = now
    net.eval()
    with torch.inference_mode():
        right = [net(x).argmax(1) == y for x, y in val]
    return BATCH * steps / seconds, float(torch.cat(right).float().mean())


def ours(folder: Path, epochs: int, seed: int, out: Path) -> tuple[float, float]:
    """Pictures a second and validation accuracy of vidfx's recipe."""
    recipe = recipe_for("emotion", "resnet18", "scratch")
    schedule = {"epochs": epochs, "batch": BATCH, "lr": LR, "ema": 0.9, "seed": seed}
    progress = Silent()
    result = train_run(
        TrainingRequest(folder, recipe.with_values(schedule=schedule), out, allow_leaks=True),
        progress,
    )
    return BATCH * progress.steps / progress.seconds, result.facts["val_accuracy"]


def subset(data: Path, folder: Path, labels: list[str], train: int, val: int) -> None:
    """Copies of ``train`` and ``val`` pictures of each label, drawn with a seed."""
    chosen = read_dataset(data)
    random.seed(0)
    for part, count in (("train", train), ("val", val)):
        for label in labels:
            pictures = [p for p in chosen.part(part) if p.label == label]
            place = folder / part / label
            place.mkdir(parents=True)
            for picture in random.sample(pictures, count):
                shutil.copy(chosen.file(picture), place)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks training")
    parser.add_argument("--data", type=Path, required=True, help="divided into train and val")
    parser.add_argument("--labels", nargs="+", default=["happy", "sad"])
    parser.add_argument("--train", type=int, default=1000, help="pictures of each label")
    parser.add_argument("--val", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=8)
    add_option(parser)
    args = parser.parse_args()
    facts = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subset(args.data, folder / "data", args.labels, args.train, args.val)
        fast = ours(folder / "data", args.epochs, 0, folder / "run")
        slow = usual(folder / "data", args.epochs, 0)
    both = {"vidfx train": fast, "the usual loop": slow}
    rows = [Row(name, "pictures/s", (speed,)) for name, (speed, _) in both.items()]
    rows.append(Row("vidfx train / the usual loop", "ratio", (fast[0] / slow[0],)))
    rows += [Row(name, "val accuracy", (accuracy,)) for name, (_, accuracy) in both.items()]
    about = (
        f"ResNet-18 from scratch, {' or '.join(args.labels)}: {args.train} pictures of each to"
        f" learn, {args.val} of each to validate, {args.epochs} epochs of batch {BATCH}; the usual"
        " loop in float32 at 224 px with a loader's worker a core, vidfx by its recipe"
        " (bf16, 64 to 96 px, pictures decoded once)."
    )
    show("training", about, rows, facts, args.save)


if __name__ == "__main__":
    main()
