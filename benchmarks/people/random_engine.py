"""A ResNet-18 with random weights, as `vidfx train` exports one, to measure its cost."""

from __future__ import annotations

from pathlib import Path

from vidfx_training.checkpoint import Checkpoint
from vidfx_training.networks.classifier import build
from vidfx_training.onnx_export.export import export
from vidfx_training.recipe import named_recipe

LABELS = ("other", "person")


def write_engine(folder: Path) -> None:
    recipe = named_recipe("recognition-resnet18-scratch")
    network = build(recipe, len(LABELS))
    facts = {"licence": "CC0", "training_data": "none: random weights"}
    export(Checkpoint(network.state_dict(), recipe, LABELS, facts), folder)
