"""The mean of several trainings of one network, often better than each (Wortsman 2022)."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from vidfx_training.checkpoint import Checkpoint, load_checkpoint
from vidfx_training.dataset.index import read_dataset
from vidfx_training.errors import DataError, RecipeError, WeightsError
from vidfx_training.metrics import validation_figures
from vidfx_training.picture_array import load


def average(files: Sequence[Path], data: Path) -> Checkpoint:
    """The mean of the weights of ``files``, calibrated on the val part of ``data``.

    It helps where one training continued from another. Means of independent trainings are worse
    than both, which the validation figures then show. The recipe is the last one's. Raises
    RecipeError for fewer than two files, WeightsError where their networks, classes or crops
    differ, DataError where ``data`` cannot be read or has no validation set.
    """
    if len(files) < 2:
        raise RecipeError("one checkpoint cannot be averaged", hint="name two or more")
    found = [load_checkpoint(file) for file in files]
    last = found[-1]
    for file, one in zip(files, found, strict=True):
        same = {name: t.shape for name, t in one.tensors.items()}
        if same != {name: t.shape for name, t in last.tensors.items()}:
            raise WeightsError(
                f"{file}: another network than {files[-1]}", hint="their recipes must agree"
            )
        if one.labels != last.labels or one.recipe.input != last.recipe.input:
            raise WeightsError(
                f"{file}: other classes or crops than {files[-1]}", hint="their recipes must agree"
            )
    tensors = {
        name: torch.stack([one.tensors[name] for one in found]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in last.tensors.items()
    }
    mean = replace(last, tensors=tensors)
    held_out = read_dataset(data).part("val")
    if not len(held_out):
        raise DataError(f"{data}: has no validation set", hint=f"vidfx dataset split {data}")
    val_set = load(held_out, list(last.labels), last.recipe)
    notes = [*last.facts.get("notes", []), f"the mean of {len(files)} trainings"]
    figures = validation_figures(mean.network(), val_set, last.recipe.votes.shown)
    kept = {k: v for k, v in last.facts.items() if not k.startswith("val_") and k != "min_prob"}
    return replace(mean, facts=kept | figures | {"notes": notes})
