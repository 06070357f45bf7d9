"""``vidfx train``: from a folder of pictures to a folder with an engine and the run's record.

RUN/  run.json          command, recipe, data, machine and results
      log.jsonl log.csv curves.png
      best.safetensors  the checkpoint
      NAME.onnx NAME.spec.json NAME.CARD.md    the engine
"""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vidfx_engines.files import remove_all_parts
from vidfx_engines.spec import EngineSpec
from vidfx_training.checkpoint import load_checkpoint, save_checkpoint
from vidfx_training.dataset.index import read_dataset
from vidfx_training.errors import RecipeError
from vidfx_training.loggers import Logger, loggers
from vidfx_training.loop.state import STATE
from vidfx_training.loop.teacher import Teacher
from vidfx_training.loop.training_loop import BEST, Trained, TrainingLoop
from vidfx_training.metrics import validation_figures
from vidfx_training.networks.classifier import build
from vidfx_training.networks.pretrained import norm_of, start
from vidfx_training.onnx_export.export import export
from vidfx_training.picture_array import Pictures, load
from vidfx_training.progress import Line, TrainingBroadcast, TrainingProgress
from vidfx_training.recipe import Recipe
from vidfx_training.run_record import (
    RUN_FILE,
    describe_data,
    licence_of,
    run_facts,
    write_json,
)
from vidfx_training.torch_device import choose_device
from vidfx_training.training_data import (
    agreed,
    check_folders,
    check_parts,
    check_same_classes,
    check_votes,
    class_names,
    refuse_shared_sources,
    without_leaks,
)
from vidfx_training.training_request import TrainingRequest


@dataclass(frozen=True)
class TrainingResult:
    """A finished run."""

    folder: Path
    spec: EngineSpec
    facts: dict[str, Any]


def train_run(request: TrainingRequest, progress: TrainingProgress) -> TrainingResult:
    """Train, calibrate, measure and export. Raises TrainingError or a subclass; see errors.py."""
    _check_folder(request)
    device = choose_device(request.device)
    if request.threads:
        torch.set_num_threads(request.threads)
    notes: list[str] = []

    def warn(text: str) -> None:
        notes.append(text)
        progress.say(text)

    data = read_dataset(request.data, split=request.split)
    if not request.allow_leaks:
        refuse_shared_sources(data)
    elif data.parts:
        notes.append("one recording may be on both sides of the split: --allow-leaks")
    check_parts(data)
    check_votes(data, request.recipe.task)
    if request.target is None:
        check_folders(data, request.recipe.labels)
    names = class_names(data.part("train"), request.recipe.task, request.target,
                        request.recipe.labels)  # fmt: skip
    check_same_classes(data, request.recipe.labels, request.target)
    usable = agreed(data.part("train"), request.recipe.votes.min_agreement, warn)
    train_set = load(usable, names, request.recipe, warn=warn)
    val_set = load(data.part("val"), names, request.recipe, warn=warn)
    train_set = without_leaks(train_set, val_set, warn)
    recipe = _with_fitting_batch(request.recipe, len(train_set), progress)
    recipe = recipe.with_values(model={"norm": norm_of(recipe.model.init) or recipe.model.norm})
    torch.manual_seed(recipe.schedule.seed)
    net = build(recipe, len(names))
    if not (request.resume and (request.out / STATE).is_file()):
        start(net, names, recipe.model.arch, recipe.model.init, progress.say)
    net.to(device)
    teacher = None
    if request.teachers:
        teacher = Teacher(request.teachers, recipe, tuple(names), device)
    run_loggers = loggers(request.logger, request.out, recipe.name)
    asked = run_facts(request, recipe, {"train": train_set, "val": val_set}, device)
    for logger in run_loggers:
        logger.start(asked)
    receivers = [progress, *(_LoggingProgress(logger) for logger in run_loggers)]
    loop = TrainingLoop(
        net, train_set, val_set, recipe, request.out, TrainingBroadcast(receivers), teacher
    )
    trained = loop.run(resume=request.resume)
    facts = _facts(trained, recipe, val_set) | {
        "notes": notes,
        "data": asked["data"],
        "training_data": describe_data(recipe, train_set, request),
        "licence": licence_of(recipe),
    }
    save_checkpoint(request.out / BEST, trained.net, recipe, tuple(names), facts)
    spec = export(load_checkpoint(request.out / BEST), request.out)
    write_json(request.out / RUN_FILE, asked | {"result": facts, "lines": trained.lines})
    for logger in run_loggers:
        logger.finish(facts)
    (request.out / STATE).unlink(missing_ok=True)
    return TrainingResult(request.out, spec, facts)


def _check_folder(request: TrainingRequest) -> None:
    """Raises RecipeError where the folder has another run; removes parts of killed ones."""
    if (request.out / RUN_FILE).exists():
        raise RecipeError(
            f"{request.out}: holds a finished run", hint="name another folder with -o"
        )
    started = (request.out / STATE).exists()
    if started and not request.resume:
        raise RecipeError(
            f"{request.out}: holds an unfinished run",
            hint="continue it with --resume, or name another folder with -o",
        )
    remove_all_parts(request.out)


def _with_fitting_batch(recipe: Recipe, pictures: int, progress: TrainingProgress) -> Recipe:
    """The recipe, with a smaller batch where ``pictures`` do not fill two of its own."""
    batch = recipe.schedule.batch
    if pictures >= 2 * batch or pictures < 4:
        return recipe
    smaller = max(2, 1 << (pictures // 2).bit_length() - 1)
    progress.say(f"{pictures} pictures to train: batches of {smaller}, not {batch}")
    return recipe.with_values(schedule={"batch": smaller})


def _facts(trained: Trained, recipe: Recipe, val_set: Pictures) -> dict[str, Any]:
    return {
        "epoch": trained.best["epoch"],
        "epochs": len(trained.lines),
        "seconds": round(trained.seconds, 1),
        "seed": recipe.schedule.seed,
        **validation_figures(trained.net, val_set, recipe.votes.shown),
    }


class _LoggingProgress(TrainingProgress):
    """Passes the lines of the epochs to a logger."""

    def __init__(self, logger: Logger) -> None:
        self.logger = logger

    def say(self, text: str) -> None: ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch(self, line: Line) -> None:
        self.logger.log(line)
