"""The state of a run after an epoch, from which ``--resume`` continues: one safetensors file."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vidfx_training.errors import WeightsError
from vidfx_training.loop.teacher import Teacher
from vidfx_training.picture_array import Pictures
from vidfx_training.progress import Line
from vidfx_training.recipe import Recipe
from vidfx_training.tensor_file import read_tensors, write_tensors

STATE = "state.safetensors"


def run_identity(
    recipe: Recipe, train_set: Pictures, val_set: Pictures, teacher: Teacher | None
) -> dict[str, str]:
    """What must be the same for a run to be resumed, by name."""
    return {
        "recipe": recipe.to_json(),
        "labels": json.dumps(train_set.labels),
        "pictures": str(len(train_set)),
        "data": _digest(train_set, val_set),
        "teachers": teacher.digest if teacher else "",
    }


def save_state(
    file: Path,
    net: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    identity: dict[str, str],
    lines: list[Line],
    best: Line,
) -> None:
    """Write weights, averaged weights, momentum and the log so far. Raises TrainingError."""
    tensors = {f"net.{n}": t for n, t in net.state_dict().items()}
    tensors |= {f"averaged.{n}": t for n, t in averaged.state_dict().items()}
    for name, parameter in net.named_parameters():
        momentum = optimiser.state.get(parameter, {}).get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum.{name}"] = momentum
    log = {"lines": json.dumps(lines), "best": json.dumps(best)}
    write_tensors(file, tensors, identity | log)


def load_state(
    file: Path,
    net: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    identity: dict[str, str],
) -> tuple[list[Line], Line]:
    """Restore both networks and the optimiser in place; returns the log's lines and the best.

    Raises WeightsError where the file is unreadable or of a run with another ``identity``.
    """
    tensors, meta = read_tensors(file)
    for name, now in identity.items():
        if meta.get(name, now) != now:
            raise WeightsError(
                f"{file}: the {name} of this run differ from those it was started with",
                hint="give the same options and data, or start again without --resume",
            )
    for prefix, owner in (("net.", net), ("averaged.", averaged)):
        owner.load_state_dict(_below(tensors, prefix))
    momenta = _below(tensors, "momentum.")
    for name, parameter in net.named_parameters():
        if name in momenta:
            buffer = momenta[name].to(parameter.device)
            optimiser.state[parameter]["momentum_buffer"] = buffer
    return json.loads(meta["lines"]), json.loads(meta["best"])


def _digest(*parts: Pictures) -> str:
    content = hashlib.sha256()
    for part in parts:
        content.update(repr((part.paths, part.pixels.shape)).encode("utf-8", "surrogateescape"))
        content.update(part.label.tobytes() + part.target.tobytes())
        content.update(np.ascontiguousarray(part.pixels).data)
    return content.hexdigest()


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
