"""How a training looks: a bar on a terminal, a line an epoch everywhere."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from vidfx.cli.console.results import write_object
from vidfx.notation import clean

if TYPE_CHECKING:
    from vidfx_training.progress import Line
    from vidfx_training.train_run import TrainingResult


class TrainingConsole(AbstractContextManager["TrainingConsole"]):
    """Prints the progress of a training; prints nothing where ``quiet``."""

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        self.epochs = epochs
        self.quiet = quiet
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> TrainingConsole:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        if not self.quiet:
            self._progress.console.print(Text(clean(text)), soft_wrap=True)

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        if self._task is None:
            self._task = self._progress.add_task("", total=self.epochs * steps)
        self._progress.update(
            self._task,
            completed=(epoch - 1) * steps + step,
            description=f"epoch {epoch} of {self.epochs}, loss {loss:.3f}",
        )

    def epoch(self, line: Line) -> None:
        head = "head" if not line["epoch"] else f"epoch {line['epoch']:g} of {self.epochs}"
        self.say(
            f"{head}: loss {line['train_loss']:.4f}, val loss {line['val_loss']:.4f}, "
            f"val accuracy {line['val_accuracy']:.4f} "
            f"(balanced {line['val_balanced_accuracy']:.4f}), {line['seconds']:.0f} s"
        )


def write_result(result: TrainingResult, *, as_json: bool, quiet: bool) -> None:
    """What came out, as a line or as one JSON object on stdout."""
    engine = result.folder / result.spec.weights
    if as_json:
        content = {"schema": "vidfx.train/1", "engine": str(engine), **result.facts}
        write_object(content)
    elif not quiet:
        facts = result.facts
        sys.stdout.write(
            f"{clean(str(engine))}: val accuracy {facts['val_accuracy']:.4f}, "
            f"balanced {facts['val_balanced_accuracy']:.4f}, "
            f"best of {facts['epochs']} epochs: {facts['epoch']:g}\n"
        )
