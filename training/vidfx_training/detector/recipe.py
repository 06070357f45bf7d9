"""What a training of the detector needs to know, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from vidfx_engines.validation import convert, text
from vidfx_training.errors import RecipeError

Count = Annotated[int, Meta(ge=1, lt=1_000_000_000)]


@dataclass(frozen=True)
class NetworkShape:
    """See vidfx_training.detector.network.DetectorNet."""

    widths: tuple[Count, ...]
    depths: tuple[Count, ...]
    features: Count


@dataclass(frozen=True)
class CanvasPlan:
    """See vidfx_training.detector.mosaic.MosaicMaker."""

    side: Count
    shares: dict[str, Annotated[float, Meta(ge=0, lt=1e6)]]
    "how often a picture of each folder is taken"


@dataclass(frozen=True)
class DetectorSchedule:
    """How long and how fast it learns."""

    steps: Count
    batch: Count
    lr: Annotated[float, Meta(gt=0, lt=100)]
    weight_decay: Annotated[float, Meta(ge=0, lt=100)]
    warmup: Annotated[int, Meta(ge=0)]
    "steps"
    ema: Annotated[float, Meta(ge=0, lt=1)]
    seed: Annotated[int, Meta(ge=0)]


@dataclass(frozen=True)
class DetectorRecipe:
    """One file."""

    name: Annotated[str, text(100)]
    licence: Annotated[str, text(20_000)]
    training_data: Annotated[str, text(20_000)]
    threshold: Annotated[float, Meta(gt=0, lt=1)]
    "the score above which a point is a face; the file's scores are moved so that it is one half"
    sharpness: Annotated[float, Meta(gt=0, lt=1000)]
    "times the logit, in the file"
    network: NetworkShape
    canvas: CanvasPlan
    schedule: DetectorSchedule


def read_detector_recipe(path: Path) -> DetectorRecipe:
    """The recipe at ``path``. Raises RecipeError, one line with the file, where it is wrong."""
    try:
        return convert(tomllib.loads(path.read_text(encoding="utf-8")), DetectorRecipe)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}", hint="check the path") from error
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"{path}: {error}", hint="correct the recipe") from error
