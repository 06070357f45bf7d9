"""The arguments of one training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vidfx_training.loggers import LoggerName
from vidfx_training.recipe import Recipe


@dataclass(frozen=True)
class TrainingRequest:
    """The options of ``vidfx train``."""

    data: Path
    recipe: Recipe
    out: Path
    split: Path | None = None
    "a split file other than DATA/split.json"
    target: str | None = None
    "recognition: the person to recognise; everyone else is other"
    teachers: tuple[Path, ...] = ()
    "checkpoints to distil from"
    logger: LoggerName = "files"
    resume: bool = False
    allow_leaks: bool = False
    threads: int = 0
    "0: one per core"
    device: str = "auto"
    "auto, cpu, cuda or cuda:N"
    command: str = ""
