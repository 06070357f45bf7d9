"""From weights to an engine: an ONNX file, its spec and its card."""

# torch's stubs leave the types of some functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vidfx_engines import CropSpec, EngineSpec, InputSpec
from vidfx_training.data import Pictures
from vidfx_training.models import CropClassifier
from vidfx_training.recipe import Recipe

OPSET = 18


@dataclass(frozen=True)
class Evidence:
    """How well a network does on pictures that it has not learned from."""

    confusion: np.ndarray
    "(K, K) int, a row a true class, a column a predicted one"
    calibration_error: float
    "expected calibration error over 15 bins"

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def recall(self) -> np.ndarray:
        """(K,) share of each true class that was found."""
        return np.diag(self.confusion) / np.maximum(self.confusion.sum(1), 1)


@torch.inference_mode()
def evaluate(model: CropClassifier, pictures: Pictures) -> Evidence:
    """Run the whole wrapper, as it is exported, over grey pictures doubled to its crop size."""
    model.eval()
    probs: list[np.ndarray] = []
    for part in torch.from_numpy(pictures.pixels).split(256):
        crops = part[:, None].repeat(1, 3, 1, 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
        probs.append(model(crops).numpy())
    prob = np.concatenate(probs)
    chosen = prob.argmax(1)
    classes = len(pictures.labels)
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (pictures.label, chosen), 1)
    return Evidence(confusion, calibration_error(prob.max(1), chosen == pictures.label))


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Guo 2017) of confidences (N,) against outcomes (N,)."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        rows = which == b
        if rows.any():
            total += rows.mean() * abs(confidence[rows].mean() - right[rows].mean())
    return float(total)


def export(
    net: nn.Module, temperature: float, recipe: Recipe, metrics: Mapping[str, float], folder: Path
) -> EngineSpec:
    """Write ``<name>.onnx`` and ``<name>.spec.json``; returns the spec.

    The graph takes (N, 3, 2 * side, 2 * side) uint8 RGB, any N, and gives calibrated
    probabilities.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = CropClassifier(net.to(memory_format=torch.contiguous_format), temperature).eval()  # pyright: ignore[reportCallIssue]
    size = 2 * recipe.side
    path = folder / f"{recipe.name}.onnx"
    torch.onnx.export(
        model,
        (torch.zeros((2, 3, size, size), dtype=torch.uint8),),
        str(path),
        input_names=["crops"],
        output_names=["probs"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},),
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    spec = EngineSpec(
        name=recipe.name,
        task="emotion",
        weights=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        labels=recipe.labels,
        input=InputSpec("crops", dtype="uint8", size=size),
        outputs=("probs",),
        licence=recipe.licence,
        training_data=recipe.training_data,
        crop=CropSpec("fer", size),
        min_face_px=recipe.min_face_px,
        metrics=metrics,
    )
    spec.save(folder)
    return spec


def confusion_table(evidence: Evidence, labels: tuple[str, ...]) -> str:
    """The confusion matrix as a Markdown table."""
    lines = [
        "| true \\ predicted | " + " | ".join(labels) + " | recall |",
        "| --- |" + " ---: |" * (len(labels) + 1),
    ]
    for label, row, recall in zip(labels, evidence.confusion, evidence.recall, strict=True):
        lines.append(f"| {label} | " + " | ".join(map(str, row)) + f" | {recall:.3f} |")
    return "\n".join(lines)
