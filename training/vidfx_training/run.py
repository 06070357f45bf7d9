"""One training, from a folder of pictures to a folder that holds an engine and how it was made.

RUN/  run.json          what was asked, on what, by what machine, and what came out
      log.jsonl log.csv curves.png
      best.safetensors  the checkpoint
      NAME.onnx NAME.spec.json NAME.CARD.md    the engine
"""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidfx_engines.files import remove_parts, write_atomically
from vidfx_engines.spec import EngineSpec
from vidfx_training.checkpoint import load_checkpoint, save_checkpoint
from vidfx_training.compute import choose
from vidfx_training.data import Pictures, class_names, load, refuse_shared_sources, without_leaks
from vidfx_training.dataset.index import Dataset, empty_folders, read_dataset
from vidfx_training.errors import DataError, RecipeError, TrainingError
from vidfx_training.loggers import Logger, LoggerName, loggers
from vidfx_training.loop import BEST, STATE, Trained, train
from vidfx_training.metrics import (
    balanced_accuracy,
    calibration_error,
    fit_temperature,
    logits_of,
    recalls,
    to_tensors,
)
from vidfx_training.networks.classifier import Network, build
from vidfx_training.networks.pretrained import LICENCES, norm_of, start
from vidfx_training.onnx_export.export import export
from vidfx_training.recipe import Recipe
from vidfx_training.teacher import Teacher
from vidfx_training.watch import Line, Watcher, watch_all

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Request:
    """What `vidfx train` was asked for."""

    data: Path
    recipe: Recipe
    out: Path
    split: Path | None = None
    "a split file other than DATA/split.json"
    target: str | None = None
    "recognition: the one person; everyone else is other"
    teachers: tuple[Path, ...] = ()
    "checkpoints that a pupil learns from"
    logger: LoggerName = "files"
    resume: bool = False
    allow_leaks: bool = False
    threads: int = 0
    "0: as many as there are cores"
    device: str = "auto"
    "auto, cpu, cuda or cuda:N"
    command: str = ""


@dataclass(frozen=True)
class Result:
    """A finished run."""

    folder: Path
    spec: EngineSpec
    facts: dict[str, Any]


def train_run(request: Request, watcher: Watcher) -> Result:
    """Train, calibrate, measure and export. Raises TrainingError and its kinds."""
    _claim(request)
    device = choose(request.device)
    if request.threads:
        torch.set_num_threads(request.threads)
    notes: list[str] = []

    def warn(text: str) -> None:
        notes.append(text)
        watcher.say(text)

    data = read_dataset(request.data, split=request.split)
    if not request.allow_leaks:
        refuse_shared_sources(data)
    elif data.parts:
        notes.append("recordings may stand on both sides of the split: --allow-leaks")
    _divided(data)
    if request.target is None:
        _no_empty_class(data, request.recipe.labels)
    names = class_names(data.part("train"), request.recipe.task, request.target,
                        request.recipe.labels)  # fmt: skip
    _same_classes(data, request.recipe.labels, request.target)
    given = request.recipe.input
    parts = {
        part: load(data.part(part), names, given, target=request.target, warn=warn)
        for part in ("train", "val")
    }
    train_set, val_set = without_leaks(parts["train"], parts["val"], warn), parts["val"]
    recipe = _fitting(request.recipe, len(train_set), watcher)
    recipe = recipe.with_values(model={"norm": norm_of(recipe.model.init) or recipe.model.norm})
    torch.manual_seed(recipe.schedule.seed)
    net = build(recipe, len(names))
    if not (request.resume and (request.out / STATE).is_file()):
        start(net, recipe.model.arch, recipe.model.init, watcher.say)
    net.to(device)
    teacher = None
    if request.teachers:
        teacher = Teacher(request.teachers, recipe, tuple(names), device)
    kept = loggers(request.logger, request.out, recipe.name)
    asked = _asked(request, recipe, {"train": train_set, "val": val_set}, device)
    for logger in kept:
        logger.start(asked)
    trained = train(
        net,
        train_set,
        val_set,
        recipe,
        request.out,
        watch_all([watcher, *(_Logged(logger) for logger in kept)]),
        teacher=teacher,
        resume=request.resume,
    )
    facts = _facts(trained, recipe, val_set) | {
        "notes": notes,
        "data": asked["data"],
        "training_data": _described(recipe, train_set, request),
        "licence": _licence(recipe),
    }
    save_checkpoint(request.out / BEST, trained.net, recipe, tuple(names), facts)
    spec = export(load_checkpoint(request.out / BEST), request.out)
    _write(request.out / RUN_FILE, asked | {"result": facts, "lines": trained.lines})
    for logger in kept:
        logger.finish(facts)
    (request.out / STATE).unlink(missing_ok=True)
    return Result(request.out, spec, facts)


def _claim(request: Request) -> None:
    """Refuse a folder with another run in it; remove what a killed one left half written."""
    if (request.out / RUN_FILE).exists():
        raise RecipeError(
            f"{request.out}: holds a finished run", hint="name another folder with -o"
        )
    begun = (request.out / STATE).exists()
    if begun and not request.resume:
        raise RecipeError(
            f"{request.out}: holds a run that was begun",
            hint="go on with --resume, or name another folder with -o",
        )
    remove_parts(request.out)


def _divided(data: Dataset) -> None:
    if not {"train", "val"} <= set(data.parts):
        raise DataError(
            f"{data.root}: has no training and validation set",
            hint=f"divide it first: vidfx dataset split {data.root}",
        )


def _no_empty_class(data: Dataset, asked: Sequence[str]) -> None:
    """A folder without pictures is a class that somebody forgot, unless the recipe names others."""
    empty = [name for name in empty_folders(data) if not asked or Path(name).name in asked]
    if empty:
        raise DataError(
            f"{data.root}: the folder {empty[0]} holds no pictures",
            hint="add pictures of this class, or remove the folder",
        )


def _same_classes(data: Dataset, asked: Sequence[str], target: str | None) -> None:
    """With one target other people may, and should, be different ones in every part."""
    if target is not None or asked:
        return
    extra = sorted(set(data.part("val").labels) - set(data.part("train").labels))
    if extra:
        raise DataError(
            f"{data.root}: {extra[0]!r} stands in val and not in train",
            hint="every class needs pictures in both: vidfx dataset split",
        )


def _fitting(recipe: Recipe, pictures: int, watcher: Watcher) -> Recipe:
    """The recipe, with a batch that this many pictures can fill."""
    batch = recipe.schedule.batch
    if pictures >= 2 * batch or pictures < 4:
        return recipe
    smaller = max(2, 1 << (pictures // 2).bit_length() - 1)
    watcher.say(f"{pictures} pictures to train: batches of {smaller}, not {batch}")
    return recipe.with_values(schedule={"batch": smaller})


def _facts(trained: Trained, recipe: Recipe, val_set: Pictures) -> dict[str, Any]:
    return {
        "epoch": trained.best["epoch"],
        "epochs": len(trained.lines),
        "seconds": round(trained.seconds, 1),
        "seed": recipe.schedule.seed,
        **validated(trained.net, val_set),
    }


def validated(net: Network, val_set: Pictures) -> dict[str, Any]:
    """Calibrate on the validation set and say how good the network is on it."""
    pixels, label = to_tensors(val_set)
    logits = logits_of(net, pixels)
    temperature = fit_temperature(logits, label)
    right = (logits.argmax(1) == label).numpy()

    def error(t: float) -> float:
        return calibration_error(torch.softmax(logits / t, dim=1).amax(1).numpy(), right)

    found = recalls(logits, label)
    return {
        "parameters": sum(p.numel() for p in net.parameters()),
        "temperature": temperature,
        "val_pictures": len(val_set),
        "val_accuracy": float(np.mean(right)),
        "val_balanced_accuracy": balanced_accuracy(logits, label),
        "val_calibration_error": error(temperature),
        "val_calibration_error_before": error(1.0),
        **{f"val_recall_{val_set.labels[k]}": recall for k, recall in found.items()},
    }


def _asked(
    request: Request, recipe: Recipe, parts: Mapping[str, Pictures], device: torch.device
) -> dict[str, Any]:
    return {
        "schema": "vidfx.run/1",
        "command": request.command,
        "recipe": asdict(recipe),
        "target": request.target,
        "teachers": [str(path) for path in request.teachers],
        "data": {
            "folder": str(request.data),
            "split": str(request.split) if request.split else None,
            **{name: pictures.counts() for name, pictures in parts.items()},
        },
        "machine": machine(device),
    }


def machine(device: torch.device) -> dict[str, str]:
    """What figures of time and rounding depend on."""
    libraries = ("vidfx", "torch", "torchvision", "numpy")
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found | {
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
    }


def _described(recipe: Recipe, train_set: Pictures, request: Request) -> str:
    counts = [f"{name} {n}" for name, n in train_set.counts().items()]
    told = ", ".join(counts[:8]) + (f" and {len(counts) - 8} classes more" if counts[8:] else "")
    source = recipe.training_data or f"the user's own pictures, {request.data.resolve().name}"
    return f"{source}; {len(train_set)} pictures: {told}"


def _licence(recipe: Recipe) -> str:
    note = LICENCES.get(recipe.model.init)
    return f"{recipe.licence}; {note}" if note else recipe.licence


def _write(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        write_atomically(file, text.encode())
    except OSError as error:
        raise TrainingError(
            f"{file}: cannot be written: {error.strerror}", hint="free some space"
        ) from error


class _Logged(Watcher):
    """A logger that watches."""

    def __init__(self, logger: Logger) -> None:
        self.logger = logger

    def say(self, text: str) -> None: ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch(self, line: Line) -> None:
        self.logger.log(line)
