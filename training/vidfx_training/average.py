"""The mean of several trainings of one network, often better than each (Wortsman 2022)."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from vidfx_engines.names import index_of, some
from vidfx_training.checkpoint import Checkpoint, load_checkpoint
from vidfx_training.dataset.index import read_dataset
from vidfx_training.errors import DataError, RecipeError, WeightsError
from vidfx_training.metrics import validation_figures
from vidfx_training.picture_array import load


def average(
    files: Sequence[Path], data: Path, shift: Mapping[str, float] | None = None
) -> Checkpoint:
    """The mean of the weights of ``files``, calibrated on the val part of ``data``.

    It helps where one training continued from another, or all started from the same weights. Means
    of independent trainings are worse than both, which the validation figures then show. Recipe and
    classes are the last one's; the others may have more classes. ``shift`` is added to the logits
    of some classes: above 0 a class is found more often, and wrongly more often. A single file is
    calibrated again. Raises RecipeError for a shift of an unknown class, WeightsError where the
    networks, classes or crops differ, DataError where ``data`` cannot be read or has no validation
    set.
    """
    found = [load_checkpoint(file) for file in files]
    last = found[-1]
    parts = [
        _of_classes(one, last, file, files[-1]) for one, file in zip(found, files, strict=True)
    ]
    tensors = {
        name: torch.stack([part[name] for part in parts]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in last.tensors.items()
    }
    for label, logit in (shift or {}).items():
        if label not in last.labels:
            raise RecipeError(f"shift: no class {label!r}", hint=f"one of {some(last.labels)}")
        tensors["head.bias"][last.labels.index(label)] += logit
    mean = replace(last, tensors=tensors)
    held_out = read_dataset(data).part("val")
    if not len(held_out):
        raise DataError(f"{data}: has no validation set", hint=f"vidfx dataset split {data}")
    val_set = load(held_out, list(last.labels), last.recipe)
    notes = [*last.facts.get("notes", [])]
    if len(files) > 1:
        notes.append(f"the mean of {len(files)} trainings")
    if shift:
        shifts = ", ".join(f"{label} {logit:+g}" for label, logit in shift.items())
        notes.append(f"logits shifted: {shifts}")
    figures = validation_figures(mean.network(), val_set, last.recipe.votes.shown)
    kept = {k: v for k, v in last.facts.items() if not k.startswith("val_") and k != "min_prob"}
    return replace(mean, facts=kept | figures | {"notes": notes})


def _of_classes(
    one: Checkpoint, last: Checkpoint, file: Path, last_file: Path
) -> dict[str, torch.Tensor]:
    """The tensors of ``one`` with the classes of ``last`` only. Raises WeightsError."""
    expressions = last.recipe.task == "emotion"
    rows = [index_of(label, one.labels, expressions=expressions) for label in last.labels]
    if None in rows or one.recipe.input != last.recipe.input:
        raise WeightsError(
            f"{file}: other classes or crops than {last_file}", hint="their recipes must agree"
        )
    tensors = {n: t[rows] if n.startswith("head.") else t for n, t in one.tensors.items()}
    if {n: t.shape for n, t in tensors.items()} != {n: t.shape for n, t in last.tensors.items()}:
        raise WeightsError(
            f"{file}: another network than {last_file}", hint="their recipes must agree"
        )
    return tensors
