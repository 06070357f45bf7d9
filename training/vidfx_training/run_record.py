"""The facts of a run for ``run.json`` and the model card: command, recipe, data, machine."""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from vidfx_engines.cores import available_cores
from vidfx_engines.files import write_atomically
from vidfx_training.errors import TrainingError
from vidfx_training.networks.pretrained import LICENCES
from vidfx_training.picture_array import Pictures
from vidfx_training.recipe import Recipe
from vidfx_training.training_request import TrainingRequest

RUN_FILE = "run.json"


def run_facts(
    request: TrainingRequest, recipe: Recipe, parts: Mapping[str, Pictures], device: torch.device
) -> dict[str, Any]:
    return {
        "schema": "vidfx.run/1",
        "command": request.command,
        "recipe": asdict(recipe),
        "target": request.target,
        "teachers": [str(path) for path in request.teachers],
        "data": {
            "folder": str(request.data),
            "split": str(request.split) if request.split else None,
            **{name: pictures.counts() for name, pictures in parts.items()},
        },
        "machine": machine(device),
    }


def machine(device: torch.device) -> dict[str, str]:
    """Versions and hardware, on which times and rounding depend."""
    libraries = ("vidfx", "torch", "torchvision", "numpy")
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found | {
        "cores": str(available_cores()),
        "threads": str(torch.get_num_threads()),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
    }


def describe_data(recipe: Recipe, train_set: Pictures, request: TrainingRequest) -> str:
    counts = [f"{name} {n}" for name, n in train_set.counts().items()]
    listed = ", ".join(counts[:8]) + (f" and {len(counts) - 8} classes more" if counts[8:] else "")
    source = recipe.training_data or f"the user's own pictures, {request.data.resolve().name}"
    clear = sum(train_set.counts().values())
    which = "" if clear == len(train_set) else f", {clear} with a majority"
    return f"{source}; {len(train_set)} pictures{which}: {listed}"


def licence_of(recipe: Recipe) -> str:
    note = LICENCES.get(recipe.model.init)
    return f"{recipe.licence}; {note}" if note else recipe.licence


def write_json(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        write_atomically(file, text.encode())
    except OSError as error:
        raise TrainingError(
            f"{file}: cannot be written: {error.strerror}", hint="free some space"
        ) from error
