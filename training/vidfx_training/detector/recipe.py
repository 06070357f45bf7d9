"""What a training of the detector needs to know, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from vidfx_training.errors import RecipeError

T = TypeVar("T")


@dataclass(frozen=True)
class NetworkShape:
    """See vidfx_training.detector.network.DetectorNet."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    features: int


@dataclass(frozen=True)
class CanvasPlan:
    """See vidfx_training.detector.canvas.Painter."""

    side: int
    shares: dict[str, float]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast it learns."""

    steps: int
    batch: int
    lr: float
    weight_decay: float
    warmup: int
    ema: float
    seed: int


@dataclass(frozen=True)
class DetectorRecipe:
    """One file."""

    name: str
    licence: str
    training_data: str
    threshold: float
    "the score above which a point is a face; the file's scores are moved so that it is one half"
    sharpness: float
    "times the logit, in the file"
    network: NetworkShape
    canvas: CanvasPlan
    schedule: Schedule
    document: dict[str, Any] = field(compare=False, repr=False)
    "as it stood in the file"


def read_detector_recipe(path: Path) -> DetectorRecipe:
    """The recipe at ``path``; RecipeError, one line, where it is not one."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return DetectorRecipe(
            name=str(document["name"]),
            licence=str(document["licence"]),
            training_data=str(document["training_data"]),
            threshold=float(document["threshold"]),
            sharpness=float(document["sharpness"]),
            network=_section(NetworkShape, document["network"]),
            canvas=_section(CanvasPlan, document["canvas"]),
            schedule=_section(Schedule, document["schedule"]),
            document=document,
        )
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except KeyError as error:
        raise RecipeError(f"{path}: {error.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from None


def _section(kind: type[T], raw: dict[str, Any]) -> T:
    known = {f.name for f in fields(kind)}  # pyright: ignore[reportArgumentType]
    if unknown := sorted(set(raw) - known):
        raise ValueError(f"{unknown[0]}: no such setting")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}  # pyright: ignore
    return kind(**values)
