"""How `vidfx clips` and `vidfx sheets` look: a line a video on stderr, then a line or an object."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx.cli.console.results import write_object
from vidfx.cli.console.text import counted, say, write_error
from vidfx.jobs.outcomes import Outcome, exit_code


@dataclass(frozen=True)
class ClipsConsole:
    what: str
    "what is counted: clip, or sheet"
    out: Path
    quiet: bool
    debug: bool

    def report(self, outcome: Outcome) -> None:
        """Write what became of one video."""
        if outcome.error:
            if self.debug:
                traceback.print_exception(outcome.error)
            write_error(outcome.error)
        elif not self.quiet:
            say(f"{outcome.input}: {counted(self._count(outcome), self.what)}")

    def end(self, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
        """Write what became of all videos."""
        if as_json:
            results = [outcome.as_json() for outcome in outcomes]
            facts = {"exit_code": exit_code(outcomes), "out": str(self.out), "results": results}
            write_object({"schema": f"vidfx.{self.what}s/1"} | facts)
        elif not self.quiet:
            count = sum(map(self._count, outcomes))
            videos = counted(len(outcomes), "video")
            say(f"{counted(count, self.what)} of {videos} in {self.out}")

    def _count(self, outcome: Outcome) -> int:
        return outcome.counts.get(f"{self.what}s", 0)
