"""How `vidfx report` looks: a line a page on stderr, at the end a line or an object."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx.cli.console.results import write_object
from vidfx.cli.console.text import counted, say, write_error
from vidfx.jobs.outcomes import Outcome, exit_code

SCHEMA = "vidfx.report/1"


@dataclass(frozen=True)
class ReportConsole:
    quiet: bool
    debug: bool
    as_json: bool

    def outcome(self, outcome: Outcome) -> None:
        """Write what became of one video, where that is of interest."""
        if outcome.error:
            if self.debug:
                traceback.print_exception(outcome.error)
            write_error(outcome.error)
        elif outcome.outputs and not self.quiet:
            say(f"{outcome.input}: {', '.join(outcome.outputs.values())}")

    def serving(self, address: str) -> None:
        say(f"serving, for this machine only, until Ctrl-C: {address}")

    def end(self, outcomes: Sequence[Outcome], page: Path | None) -> int:
        """Write what was made; returns the exit code."""
        code = exit_code(outcomes)
        if self.as_json:
            results = [outcome.as_json() for outcome in outcomes]
            content = {"schema": SCHEMA, "exit_code": code, "results": results}
            write_object(content | ({"page": str(page)} if page else {}))
        elif page and not self.quiet:
            new = sum(outcome.status == "done" for outcome in outcomes)
            what = f"{counted(len(outcomes), 'video')}, {new} of them new: " if outcomes else ""
            say(f"{what}{page}")
        return code
