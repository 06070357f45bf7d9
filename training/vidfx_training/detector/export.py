"""Export the detector's weights to an engine: an ONNX file and its spec."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from vidfx_engines.files import write_atomically
from vidfx_engines.spec import EngineSpec, InputSpec
from vidfx_training.detector.network import OUTPUTS, Exported
from vidfx_training.detector.recipe import DetectorRecipe
from vidfx_training.detector.train import ALL, load, weights_of
from vidfx_training.errors import TrainingError
from vidfx_training.onnx_export.onnx_file import exported, halved

CELL = 32
"""Sides are multiples of this many px."""


def export(recipe: DetectorRecipe, out: Path, name: str, *, half: bool = True) -> Path:
    """Write the ONNX file and the spec of the learner ``name`` to ``out``; returns the file.

    The graph takes (N, 3, H, W) uint8 RGB, any N and any multiples of 32, and gives SCRFD's nine
    outputs with one point per cell. ``half`` stores the weights in 16 bits. Raises TrainingError
    where the files cannot be written.
    """
    stem = recipe.name if name == ALL else f"{recipe.name}-{name}"
    net = Exported(load(recipe, weights_of(out, name)), recipe.threshold, recipe.sharpness).eval()
    sides = {
        2: CELL * torch.export.Dim("rows", max=512),
        3: CELL * torch.export.Dim("columns", max=512),
    }
    data = exported(
        net,
        torch.zeros((2, 3, 4 * CELL, 6 * CELL), dtype=torch.uint8),
        ["frames"],
        list(OUTPUTS),
        {0: torch.export.Dim("batch", max=1024), **sides},
    )
    data = halved(data) if half else data
    path = out / f"{stem}.onnx"
    try:
        write_atomically(path, data)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error
    EngineSpec(
        name=stem,
        task="detection",
        weights=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        labels=(),
        input=InputSpec("frames", dtype="uint8"),
        outputs=OUTPUTS,
        licence=recipe.licence,
        training_data=recipe.training_data,
        family="scrfd",
    ).save(out)
    return path
