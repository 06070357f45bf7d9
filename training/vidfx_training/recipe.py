"""A recipe: everything that a training run needs to know, in one TOML file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

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


_STRINGS = ("name", "licence", "training_data")
_LEAST = {"side": 8, "width": 8, "min_face_px": 0}
"The network's gates have an eighth of its channels."


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises ValueError, in one line, naming the file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        schedule: dict[str, Any] = dict(content["schedule"])
        augmentation: dict[str, Any] = dict(content["augmentation"])
        schedule["sides"] = tuple((float(s), int(n)) for s, n in schedule["sides"])
        _same_kinds(schedule, Schedule())
        _same_kinds(augmentation, Augmentation())
        _check(content, schedule)
        return Recipe(
            **{k: v for k, v in content.items() if k not in ("schedule", "augmentation", "labels")},
            labels=tuple(content["labels"]),
            schedule=Schedule(**schedule, augmentation=Augmentation(**augmentation)),
        )
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except KeyError as error:
        raise ValueError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _same_kinds(given: dict[str, Any], defaults: Schedule | Augmentation) -> None:
    """ValueError where a value is of another type than its default; unknown names pass."""
    for name, value in given.items():
        wanted = cast("type[Any]", type(getattr(defaults, name, value)))
        kinds: tuple[type[Any], ...] = (int, float) if wanted is float else (wanted,)
        if type(value) not in kinds:
            raise ValueError(f"{name}: {value!r} is no {wanted.__name__}")


def _check(content: dict[str, Any], schedule: dict[str, Any]) -> None:
    """ValueError for what would only break after hours of training."""
    for name in _STRINGS:
        if not isinstance(content[name], str):
            raise ValueError(f"{name}: {content[name]!r} is no text")
    for name, least in _LEAST.items():
        kinds = (int, float) if name == "min_face_px" else (int,)
        if type(content[name]) not in kinds or content[name] < least:
            raise ValueError(f"{name}: {content[name]!r} is no number of {least} or more")
    labels: Any = content["labels"]
    names = cast("list[Any]", labels) if isinstance(labels, list) else []
    if len({str(name) for name in names}) < max(2, len(names)):
        raise ValueError("labels: a list of two or more different names is needed")
    for name in (content["name"], *names):
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w .-]*", name):
            raise ValueError(f"{name!r} cannot be the name of a file or folder")
    starts = [start for start, _ in schedule["sides"]]
    if not starts or starts[0] > 0 or starts != sorted(starts):
        raise ValueError("sides: the first starts at 0 and each later than the one before")
    if min(schedule.get("epochs", 1), schedule.get("batch", 1)) < 1:
        raise ValueError("epochs, batch: 1 or more is needed")
