"""The log of a training: always as files, optionally to Weights & Biases or TensorBoard."""

from __future__ import annotations

import csv
import importlib
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from vidfx_engines.offline import HINT, VARIABLE, is_offline
from vidfx_training.errors import RecipeError, TrainingError
from vidfx_training.plots import plot_curves
from vidfx_training.progress import Line

LoggerName = Literal["files", "wandb", "tensorboard"]


class Logger(Protocol):
    """Receives the figures of a run."""

    def start(self, facts: dict[str, Any]) -> None:
        """The run begins; ``facts``: recipe, data, seed, machine."""
        ...

    def log(self, line: Line) -> None:
        """One epoch has ended."""
        ...

    def finish(self, facts: dict[str, Any]) -> None:
        """The run has ended; ``facts``: its results."""
        ...


class FileLogger:
    """``log.jsonl`` and ``log.csv``, one line per epoch, and ``curves.png``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[Line] = []

    def start(self, facts: dict[str, Any]) -> None:
        self.lines = []
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in ("log.jsonl", "log.csv"):
                (self.folder / name).write_text("", encoding="utf-8")

    def log(self, line: Line) -> None:
        self.lines.append(line)
        with _writing(self.folder):
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, allow_nan=False) + "\n")
            with (self.folder / "log.csv").open("a", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(line), lineterminator="\n")
                if len(self.lines) == 1:
                    writer.writeheader()
                writer.writerow(line)
            plot_curves(self.lines, self.folder / "curves.png")

    def finish(self, facts: dict[str, Any]) -> None: ...


class WandbLogger:
    """Weights & Biases, offline unless WANDB_MODE says otherwise; error reporting is off.

    Offline runs stay in ``folder/wandb`` until ``wandb sync``.
    """

    def __init__(self, folder: Path, name: str) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        self.wandb = _library("wandb")
        self.folder, self.name = folder, name

    def start(self, facts: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        mode = os.environ.get("WANDB_MODE", "offline")
        if is_offline() and mode not in ("offline", "disabled"):
            raise TrainingError(
                f"--logger wandb: WANDB_MODE={mode} needs the network, which {VARIABLE} forbids",
                hint=HINT,
            )
        try:
            self.run = self.wandb.init(
                project=os.environ.get("WANDB_PROJECT", "vidfx"),
                name=self.name,
                dir=str(self.folder),
                mode=mode,
                config=facts,
            )
        except Exception as error:  # wandb's errors have no common base
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise TrainingError(
                f"--logger wandb: {lines[0]}",
                hint="`wandb login`, or WANDB_MODE=offline, or --logger files",
            ) from error

    def log(self, line: Line) -> None:
        self.run.log(line, step=int(line["epoch"]))

    def finish(self, facts: dict[str, Any]) -> None:
        self.run.summary.update(facts)
        self.run.finish()


class TensorBoardLogger:
    """Event files in ``folder/tensorboard``."""

    def __init__(self, folder: Path) -> None:
        self.library = _library("torch.utils.tensorboard", needs="tensorboard")
        self.folder = folder / "tensorboard"

    def start(self, facts: dict[str, Any]) -> None:
        self.writer = self.library.SummaryWriter(str(self.folder))
        self.writer.add_text("run", f"```\n{json.dumps(facts, indent=1)}\n```")

    def log(self, line: Line) -> None:
        for name, value in line.items():
            if name != "epoch":
                self.writer.add_scalar(name, value, int(line["epoch"]))
        self.writer.flush()

    def finish(self, facts: dict[str, Any]) -> None:
        self.writer.close()


def loggers(kind: LoggerName, folder: Path, name: str) -> list[Logger]:
    """The file logger, and the one that ``kind`` names. Raises RecipeError if not installed."""
    found: list[Logger] = [FileLogger(folder)]
    if kind == "wandb":
        found.append(WandbLogger(folder, name))
    elif kind == "tensorboard":
        found.append(TensorBoardLogger(folder))
    return found


@contextmanager
def _writing(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{folder}: cannot be written: {error.strerror or error}",
            hint="free some space and continue with --resume, or name another folder with -o",
        ) from error


def _library(module: str, needs: str = "") -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = needs or module
        raise RecipeError(
            f"--logger {name}: {name} is not installed", hint=f"pip install 'vidfx[{name}]'"
        ) from error
