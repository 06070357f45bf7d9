"""The progress of a training, and who receives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Line = dict[str, float]


class Watcher(Protocol):
    """Receives the progress of a training: the command line shows it, loggers store it."""

    def say(self, text: str) -> None:
        """A message for the user."""
        ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch(self, line: Line) -> None:
        """An epoch has ended. A resumed run first repeats the lines of its earlier epochs."""
        ...


def watch_all(watchers: Sequence[Watcher]) -> Watcher:
    """One watcher that calls all of ``watchers``."""
    return _All(watchers)


class _All(Watcher):
    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

    def say(self, text: str) -> None:
        for watcher in self.watchers:
            watcher.say(text)

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        for watcher in self.watchers:
            watcher.step(epoch, step, steps, loss)

    def epoch(self, line: Line) -> None:
        for watcher in self.watchers:
            watcher.epoch(line)
