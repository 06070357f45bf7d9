"""How `vidfx dataset extract` looks: progress on stderr, the result on stdout.

`vidfx dataset recut` has the same progress.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from vidfx.cli.console.text import say, write_error
from vidfx.errors import VidfxError
from vidfx.extract.crop_selection import REASONS
from vidfx.jobs.outcomes import Outcome
from vidfx.notation import clean

SCHEMA = "vidfx.dataset.extract/1"
EVERY_S = 5.0
LABELS = 40
"in the table; JSON has them all"


@dataclass(frozen=True)
class ExtractResult:
    """What a run resulted in."""

    out: Path
    outcomes: Sequence[Outcome]
    counts: Mapping[str, int]
    "pictures in the data set by label; empty where the run was ended before"
    exit_code: int
    failure: VidfxError | None

    @property
    def crops(self) -> Counter[str]:
        """New pictures, by label."""
        crops: Counter[str] = Counter()
        for outcome in self._done:
            crops.update(outcome.counts["labels"])
        return crops

    @property
    def left_out(self) -> dict[str, int]:
        """Faces left out, by reason."""
        return {r: sum(o.counts.get(r, 0) for o in self._done) for r in REASONS}

    @property
    def sources(self) -> dict[str, int]:
        status = Counter(outcome.status for outcome in self.outcomes)
        faceless = sum(not outcome.counts["crops"] for outcome in self._done)
        return {**{s: status[s] for s in ("done", "skipped", "failed")}, "without_crops": faceless}

    @property
    def _sources_line(self) -> str:
        words = {
            "done": "read",
            "without_crops": "of them without a crop",
            "skipped": "read before (another DIR reads them again)",
            "failed": "failed",
        }
        sources = self.sources
        return ", ".join(f"{sources[s]} {text}" for s, text in words.items() if sources[s])

    @property
    def _done(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == "done"]

    def as_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"schema": SCHEMA, "exit_code": self.exit_code}
        if self.failure:
            content["error"] = self.failure.as_json()
        return content | {
            "out": str(self.out),
            "sources": self.sources,
            "crops": dict(self.crops),
            "left_out": self.left_out,
            "labels": dict(self.counts),
            "failed": [o.as_json() for o in self.outcomes if o.error],
        }

    def write(self) -> None:
        """A line for each label, for what was left out, and for the sources; on stdout."""
        ranked = self.crops.most_common()
        lines = [
            f"{label}: {crops} crops" + (f", {self.counts[label]} in all" if self.counts else "")
            for label, crops in ranked[:LABELS]
        ]
        if more := ranked[LABELS:]:
            lines.append(f"{len(more)} more labels: {sum(n for _, n in more)} crops")
        reasons = [f"{n} {reason.replace('_', ' ')}" for reason, n in self.left_out.items() if n]
        if reasons:
            lines.append(f"left out: {', '.join(reasons)}")
        if self.outcomes:
            lines.append(f"sources: {self._sources_line}")
        for line in lines:
            sys.stdout.write(clean(line) + "\n")


class ExtractConsole(AbstractContextManager["ExtractConsole"]):
    """A bar on a terminal, a line now and then elsewhere; errors always. See ExtractProgress."""

    def __init__(self, what: str = "sources", *, quiet: bool, debug: bool) -> None:
        """``what`` is counted."""
        self._what, self._quiet, self._debug = what, quiet, debug
        self._written = time.monotonic()
        self._progress: Progress | None = None
        if not quiet and sys.stderr.isatty():
            columns = (*Progress.get_default_columns(), MofNCompleteColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> ExtractConsole:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def notice(self, text: str) -> None:
        if not self._quiet:
            say(text)

    def failed(self, name: str, error: VidfxError) -> None:
        if self._debug:
            traceback.print_exception(error)
        write_error(error)

    def advanced(self, name: str, done: float, total: int) -> None:
        if self._progress:
            self._progress.update(self._task, completed=done, total=total)
        elif not self._quiet and name and time.monotonic() - self._written >= EVERY_S:
            self._written = time.monotonic()
            say(f"{round(done, 1)} of {total} {self._what}, at {name}")
