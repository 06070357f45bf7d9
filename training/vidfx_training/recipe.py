"""A recipe: everything that a training run needs to know, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidfx_training.loop import Schedule
from vidfx_training.transforms import Augmentation


@dataclass(frozen=True)
class Recipe:
    """What to train, on what, how long, and what to say of the result."""

    name: str
    labels: tuple[str, ...]
    "the classes, which are also the names of the folders, in the order of the outputs"
    side: int
    "px of the grey pictures that the network sees"
    width: int
    "channels of the first stage"
    min_face_px: float
    "faces smaller than this are not worth reading"
    licence: str
    training_data: str
    schedule: Schedule


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises ValueError, in one line, naming the file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        schedule: dict[str, Any] = dict(content["schedule"])
        schedule["sides"] = tuple((float(s), int(n)) for s, n in schedule["sides"])
        return Recipe(
            **{k: v for k, v in content.items() if k not in ("schedule", "augmentation", "labels")},
            labels=tuple(content["labels"]),
            schedule=Schedule(**schedule, augmentation=Augmentation(**content["augmentation"])),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from error
