"""Names and folders of the engines that ``vidfx evaluate`` measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidfx.errors import UsageError
from vidfx_engines.embedded import embedded
from vidfx_engines.spec import EngineSpec


def is_packaged(path: Path) -> bool:
    """Whether the engine at ``path`` is included in vidfx."""
    return path.resolve().parent == embedded("emotion-embedded").resolve().parent


def default_folder(path: Path) -> Path:
    """The default folder for the results of the engine at ``path``."""
    return Path("evaluation") if is_packaged(path) else path.parent / "evaluation"


def names_of(specs: Sequence[EngineSpec], arguments: Sequence[str]) -> list[str]:
    """A distinct name for each engine: its own, or its argument if two have the same.

    Raises UsageError for a repeated argument.
    """
    twice = [argument for argument in arguments if arguments.count(argument) > 1]
    if twice:
        raise UsageError(f"{twice[0]}: named twice", hint="name it once")
    names = [spec.name for spec in specs]
    return [
        name if names.count(name) == 1 else argument
        for name, argument in zip(names, arguments, strict=True)
    ]
