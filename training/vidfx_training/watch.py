"""Who hears how a training goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Line = dict[str, float]


class Watcher(Protocol):
    """Hears how the training goes. The command line decides how it looks, loggers what is kept."""

    def say(self, text: str) -> None:
        """Something the user should know."""
        ...

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch(self, line: Line) -> None:
        """An epoch is over; all lines of a resumed run come again at its start."""
        ...


def watch_all(watchers: Sequence[Watcher]) -> Watcher:
    """One watcher that tells all of them."""
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
