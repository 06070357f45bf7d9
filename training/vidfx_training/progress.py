"""The progress of a training, and who receives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Line = dict[str, float]


class TrainingProgress(Protocol):
    """Receives the progress of a training: the command line shows it, loggers store it."""

    def say(self, text: str) -> None:
        """A message for the user."""
        ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch(self, line: Line) -> None:
        """An epoch has ended. A resumed run first repeats the lines of its earlier epochs."""
        ...


class TrainingBroadcast(TrainingProgress):
    """Passes everything on to several receivers."""

    def __init__(self, receivers: Sequence[TrainingProgress]) -> None:
        self._receivers = receivers

    def say(self, text: str) -> None:
        for receiver in self._receivers:
            receiver.say(text)

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        for receiver in self._receivers:
            receiver.step(epoch, step, steps, loss)

    def epoch(self, line: Line) -> None:
        for receiver in self._receivers:
            receiver.epoch(line)
