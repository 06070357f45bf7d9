"""How `vidfx export` looks: a line a video on stderr, at the end a line or an object."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vidfx.cli.console.results import write_object
from vidfx.cli.console.text import counted, say, write_error
from vidfx.jobs.outcomes import Outcome, exit_code

SCHEMA = "vidfx.export/1"


@dataclass(frozen=True)
class ExportConsole:
    quiet: bool
    debug: bool

    def notice(self, text: str) -> None:
        """Write a line about files that are left out."""
        if not self.quiet:
            say(text)

    def report(self, outcome: Outcome) -> None:
        """Write what became of one video."""
        if outcome.error:
            if self.debug:
                traceback.print_exception(outcome.error)
            write_error(outcome.error)
        elif self.quiet:
            return
        elif outcome.status == "skipped":
            say(f"{outcome.input}: skipped, its files exist (--overwrite to write them again)")
        else:
            say(f"{outcome.input}: {', '.join(outcome.outputs.values())}")

    def end(self, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
        """Write what became of all videos."""
        if as_json:
            results = [outcome.as_json() for outcome in outcomes]
            code = exit_code(outcomes)
            write_object({"schema": SCHEMA, "exit_code": code, "results": results})
        elif not self.quiet:
            statuses = Counter(outcome.status for outcome in outcomes)
            counts = ", ".join(f"{n} {status}" for status, n in statuses.items())
            say(f"{counted(len(outcomes), 'video')}: {counts}")
