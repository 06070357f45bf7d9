"""Tensors with JSON facts in one safetensors file.

Nothing is unpickled: a file from an unknown source can be wrong, but it cannot run code.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from vidfx_engines.files import write_atomically
from vidfx_training.errors import TrainingError, WeightsError


def write_tensors(file: Path, tensors: Mapping[str, torch.Tensor], meta: dict[str, str]) -> None:
    """Write a safetensors file, whole or not at all. Raises TrainingError."""
    contiguous = {name: t.detach().contiguous() for name, t in tensors.items()}
    try:
        write_atomically(file, save(contiguous, meta))
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise TrainingError(
            f"{file}: cannot be written: {'no space left on the disk' if full else error}",
            hint="free some space and continue with --resume" if full else "check the folder",
        ) from error


def read_tensors(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file. Raises WeightsError where it cannot be read."""
    try:
        with safe_open(file, framework="pt") as content:
            names = content.keys()
            return {name: content.get_tensor(name) for name in names}, content.metadata() or {}
    except FileNotFoundError as error:
        raise WeightsError(f"{file}: there is no such file", hint="check the path") from error
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{file}: cannot be read as safetensors: {error}",
            hint="weights of vidfx are .safetensors files",
        ) from error
