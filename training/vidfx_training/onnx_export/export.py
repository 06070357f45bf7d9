"""Export a checkpoint to an engine: ONNX file, spec and model card."""

# torch and torchvision leave the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidfx_engines.files import write_atomically
from vidfx_engines.select import select
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec
from vidfx_training.checkpoint import Checkpoint
from vidfx_training.errors import TrainingError
from vidfx_training.networks.classifier import CropClassifier
from vidfx_training.onnx_export.card import card
from vidfx_training.onnx_export.onnx_file import exported, halved

ROUNDING = 1e-3
"""The largest accepted difference of a probability between two libraries."""


def export(checkpoint: Checkpoint, folder: Path, *, half: bool = False) -> EngineSpec:
    """Write ``NAME.onnx``, ``NAME.spec.json`` and ``NAME.CARD.md``; returns the spec.

    The graph takes (N, 3, S, S) uint8 RGB, any N, and returns calibrated probabilities. ``half``
    stores the weights in 16 bits; arithmetic stays in 32. Raises TrainingError where the folder
    cannot be written.
    """
    recipe, facts = checkpoint.recipe, checkpoint.facts
    size = recipe.crop
    path = folder / f"{recipe.name}.onnx"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        model = CropClassifier(checkpoint.network(), recipe, float(facts.get("temperature", 1.0)))
        data = exported(
            model.eval(),
            torch.zeros((2, 3, size, size), dtype=torch.uint8),
            ["crops"],
            ["probs"],
            {0: torch.export.Dim("batch", min=1, max=1024)},
        )
        data = halved(data) if half else data
        write_atomically(path, data)
        spec = EngineSpec(
            name=recipe.name,
            task="identity" if recipe.task == "recognition" else "emotion",
            weights=path.name,
            sha256=hashlib.sha256(data).hexdigest(),
            labels=checkpoint.labels,
            input=InputSpec("crops", dtype="uint8", size=size),
            outputs=("probs",),
            licence=str(facts.get("licence") or recipe.licence),
            training_data=str(facts.get("training_data") or recipe.training_data or "not stated"),
            crop=CropSpec(recipe.input.template, size),
            min_face_px=recipe.input.min_face_px,
            min_prob=float(facts.get("min_prob", 0.0)),
            metrics=_metrics(facts),
        )
        spec.save(folder)
        write_atomically(folder / f"{recipe.name}.CARD.md", card(checkpoint, spec).encode())
    except OSError as error:
        raise TrainingError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="free some space, or name another folder",
        ) from error
    return spec


def difference(checkpoint: Checkpoint, spec: EngineSpec, folder: Path) -> float:
    """The largest difference of a probability between torch and ONNX Runtime, on noise.

    Raises TrainingError where it exceeds ROUNDING.
    """
    assert spec.input.size is not None
    size = spec.input.size
    pictures = np.random.default_rng(0).integers(0, 256, (16, size, size, 3), np.uint8)
    found = select(folder / spec.weights, device="cpu", backend="onnxruntime")
    temperature = float(checkpoint.facts.get("temperature", 1.0))
    model = CropClassifier(checkpoint.network(), checkpoint.recipe, temperature).eval()
    with torch.inference_mode():
        expected = model(torch.from_numpy(pictures).permute(0, 3, 1, 2)).numpy()
    most = float(np.abs(found.engine.run(pictures)[0] - expected).max())
    found.engine.close()
    if most > ROUNDING:
        raise TrainingError(
            f"{spec.weights}: torch and ONNX differ by {most:.4f} in a probability",
            hint="another version of torch or onnxscript may export it right",
        )
    return most


def _metrics(facts: dict[str, Any]) -> dict[str, float]:
    """The first 200 figures: the recalls come last, and there may be thousands of people."""
    known = ("temperature", *(n for n in facts if n.startswith("val_")))[:200]
    return {n: round(float(facts[n]), 4) for n in known if isinstance(facts.get(n), int | float)}
