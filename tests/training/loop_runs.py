"""Running the training loop on the small problem of conftest.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from vidfx_training.loop.teacher import Teacher
from vidfx_training.loop.training_loop import Trained, TrainingLoop
from vidfx_training.networks.classifier import build
from vidfx_training.recipe import Recipe


def fit(
    recipe: Recipe,
    sets: Any,
    out: Path,
    watcher: Any,
    *,
    resume: bool = False,
    teacher: Teacher | None = None,
) -> Trained:
    """Train a new network of ``recipe`` on ``sets``, the pictures to train and to validate on."""
    torch.manual_seed(recipe.schedule.seed)
    return TrainingLoop(build(recipe, 3), *sets, recipe, out, watcher, teacher).run(resume=resume)


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two sets of weights are equal."""
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)
