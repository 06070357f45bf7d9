"""A trained network in a file: weights, with recipe, labels and facts as JSON."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vidfx_training.errors import RecipeError, WeightsError
from vidfx_training.networks.classifier import Network, build
from vidfx_training.recipe import Recipe
from vidfx_training.tensor_file import read_tensors, write_tensors

SCHEMA = "vidfx.checkpoint/1"


@dataclass(frozen=True)
class Checkpoint:
    """A trained network, its recipe and the facts of its training."""

    tensors: dict[str, torch.Tensor]
    recipe: Recipe
    labels: tuple[str, ...]
    facts: dict[str, Any]
    "data, seed, epoch, metrics, versions; shown on the model card"

    def network(self) -> Network:
        """The network in evaluation mode. Raises WeightsError if the weights do not fit it."""
        net = build(self.recipe, len(self.labels))
        try:
            net.load_state_dict(self.tensors)
        except RuntimeError as error:
            raise WeightsError(
                "the checkpoint's weights are not those of the network that it names",
                hint="the file was changed; train again",
            ) from error
        return net.eval()


def save_checkpoint(file: Path, net: nn.Module, recipe: Recipe, labels: tuple[str, ...],
                    facts: Mapping[str, Any]) -> None:  # fmt: skip
    """Write weights and facts to ``file``, complete or not at all. Raises TrainingError."""
    meta = {
        "schema": SCHEMA,
        "recipe": recipe.to_json(),
        "labels": json.dumps(labels),
        "facts": json.dumps(facts, allow_nan=False),
    }
    write_tensors(file, net.state_dict(), meta)


def load_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint. Raises WeightsError where the file is unreadable or not one of vidfx."""
    tensors, meta = read_tensors(file)
    try:
        if meta.get("schema") != SCHEMA:
            raise KeyError("schema")
        labels, facts = json.loads(meta["labels"]), json.loads(meta["facts"])
        recipe = Recipe.from_json(meta["recipe"])
        if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
            raise TypeError("labels")
        if not isinstance(facts, dict) or not _figures_are_numbers(facts):
            raise TypeError("facts")
    except (KeyError, TypeError, ValueError, RecipeError) as error:
        raise WeightsError(
            f"{file}: weights, but no checkpoint of `vidfx train`: {error} is missing or wrong",
            hint="name the best.safetensors of a run",
        ) from error
    if broken := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise WeightsError(
            f"{file}: contains NaN or infinite values, in {broken[0]}",
            hint="its training diverged, or the file is damaged: train again",
        )
    return Checkpoint(tensors, recipe, tuple(labels), facts)


def _figures_are_numbers(facts: dict[str, Any]) -> bool:
    known = ("temperature", "min_prob", "epoch", "epochs", "parameters")
    figures = [v for name, v in facts.items() if name in known or name.startswith("val_")]
    numbers = all(isinstance(v, int | float) and math.isfinite(v) for v in figures)
    return numbers and facts.get("temperature", 1.0) > 0
