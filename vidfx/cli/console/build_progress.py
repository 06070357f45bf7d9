"""How a build looks: its steps with their times, the comparison, TensorRT's own phases."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vidfx.compile.parity import Pair, Parity
from vidfx.compile.request import BuildProgress
from vidfx.notation import clean


class BuildConsole(BuildProgress, AbstractContextManager["BuildConsole"]):
    """Writes to stderr; the time of a step is written when the next one begins."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._phases: dict[str, TaskID] = {}
        self._step: tuple[str, float] | None = None

    def __enter__(self) -> BuildConsole:
        self._progress.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._close_step()
        self._progress.stop()

    def step(self, text: str) -> None:
        self._close_step()
        self._step = text, time.perf_counter()

    def say(self, text: str) -> None:
        if not self.quiet:
            self._progress.console.print(Text(clean(text)), soft_wrap=True)

    def compared(self, precision: str, parity: Parity) -> None:
        of = f"{parity.pictures} pictures"
        self.say(
            f"  {precision}: agreement {parity.agreement:.4f} on {of},"
            f" differs by {parity.most_difference:.4f} at most"
        )
        pairs: dict[str, Pair | None] = {
            "accuracy": parity.accuracy,
            "balanced accuracy": parity.balanced,
        }
        pairs |= {f"recall of {label}": pair for label, pair in list(parity.recall.items())[:20]}
        for name, pair in pairs.items():
            if pair is not None:
                before, after = pair
                self.say(f"    {name}: {before:.4f} -> {after:.4f} ({after - before:+.4f})")

    def started(self, phase: str, steps: int) -> None:
        self._phases[phase] = self._progress.add_task(phase, total=max(1, steps))

    def advanced(self, phase: str, step: int) -> None:
        if phase in self._phases:
            self._progress.update(self._phases[phase], completed=step)

    def finished(self, phase: str) -> None:
        if phase in self._phases:
            self._progress.remove_task(self._phases.pop(phase))

    def _close_step(self) -> None:
        if self._step is not None:
            name, started = self._step
            self.say(f"{name}: {time.perf_counter() - started:.1f} s")
            self._step = None
