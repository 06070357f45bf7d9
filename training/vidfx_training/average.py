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
from vidfx_training.data import load
from vidfx_training.dataset.index import read_dataset
from vidfx_training.errors import RecipeError, WeightsError
from vidfx_training.run import validated


def average(files: Sequence[Path], data: Path, *, target: str | None = None) -> Checkpoint:
    """The mean of the weights of ``files``, calibrated on the val part of ``data``.

    It helps where one was trained on from another: far from each other the mean is worse than both,
    which the figures of the validation set then say. The recipe is the last one's. Raises
    WeightsError where they are not of one network, DataError.
    """
    if len(files) < 2:
        raise RecipeError("one checkpoint has no mean", hint="name two or more")
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
    val_set = load(read_dataset(data).part("val"), list(last.labels), last.recipe.input,
                   target=target)  # fmt: skip
    notes = [*last.facts.get("notes", []), f"the mean of {len(files)} trainings"]
    return replace(mean, facts=last.facts | validated(mean.network(), val_set) | {"notes": notes})
