"""How export, clips, sheets and report look: a line a video on stderr, then a line or an object."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from vidfx.cli.console.results import write_outcomes
from vidfx.cli.console.text import say, write_error
from vidfx.jobs.outcomes import Outcome, exit_code
from vidfx.notation import counted

if TYPE_CHECKING:
    from vidfx.identify.group import Grouped


class OutcomesConsole(ABC):
    """Writes what became of each video, and of all."""

    def __init__(self, schema: str, *, quiet: bool, debug: bool, as_json: bool) -> None:
        """``schema`` is that of the object."""
        self.quiet = quiet
        self._schema, self._debug, self._as_json = schema, debug, as_json
        self._left_out: list[str] = []

    def notice(self, text: str) -> None:
        """Write a line about a file that is left out."""
        self._left_out.append(text)
        if not self.quiet:
            say(text)

    def report(self, outcome: Outcome) -> None:
        """Write what became of one video."""
        if outcome.error:
            if self._debug:
                traceback.print_exception(outcome.error)
            write_error(outcome.error)
        elif not self.quiet and (text := self._described(outcome)):
            say(f"{outcome.input}: {text}")

    def write_end(self, outcomes: Sequence[Outcome], last: str, **facts: object) -> int:
        """Write ``last``, or an object with ``facts``; returns the exit code."""
        code = exit_code(outcomes)
        if self._as_json:
            write_outcomes(outcomes, code, None, self._left_out, self._schema, **facts)
        elif last and not self.quiet:
            say(last)
        return code

    @abstractmethod
    def _described(self, outcome: Outcome) -> str:
        """What was made; empty where that is not of interest."""


class ExportConsole(OutcomesConsole):
    def _described(self, outcome: Outcome) -> str:
        if outcome.status == "skipped":
            return "skipped, its files exist (--overwrite to write them again)"
        return ", ".join(outcome.outputs.values())

    def end(self, outcomes: Sequence[Outcome]) -> int:
        """Write what became of all videos; returns the exit code."""
        statuses = Counter(outcome.status for outcome in outcomes)
        counts = ", ".join(f"{n} {status}" for status, n in statuses.items())
        return self.write_end(outcomes, f"{counted(len(outcomes), 'video')}: {counts}")


class ClipsConsole(OutcomesConsole):
    def __init__(self, what: str, out: Path, *, quiet: bool, debug: bool, as_json: bool) -> None:
        """``what`` is counted: clip, or sheet."""
        super().__init__(f"vidfx.{what}s/1", quiet=quiet, debug=debug, as_json=as_json)
        self._what, self._out = what, out

    def _described(self, outcome: Outcome) -> str:
        return counted(self._count(outcome), self._what)

    def _count(self, outcome: Outcome) -> int:
        return outcome.counts.get(f"{self._what}s", 0)

    def end(self, outcomes: Sequence[Outcome]) -> int:
        """Write what became of all videos; returns the exit code."""
        count = counted(sum(map(self._count, outcomes)), self._what)
        last = f"{count} of {counted(len(outcomes), 'video')} in {self._out}"
        return self.write_end(outcomes, last, out=str(self._out))


class GroupConsole(OutcomesConsole):
    def _described(self, outcome: Outcome) -> str:
        return ""

    def end(self, grouped: Grouped) -> int:
        """Write what was found; returns the exit code."""
        facts = {f.name: getattr(grouped, f.name) for f in fields(grouped)}
        outcomes: Sequence[Outcome] = facts.pop("outcomes")
        tracks = counted(grouped.tracks, "track")
        people = "1 person" if grouped.people == 1 else f"{grouped.people} people"
        last = (
            f"{tracks} of {counted(grouped.videos, 'video')}: {people}, {grouped.new} of them new, "
            f"and {counted(grouped.unknown, 'track')} of nobody"
        )
        return self.write_end(outcomes, last, **facts)


class ReportConsole(OutcomesConsole):
    def _described(self, outcome: Outcome) -> str:
        return ", ".join(outcome.outputs.values())

    def serving(self, address: str) -> None:
        say(f"serving, for this machine only, until Ctrl-C: {address}")

    def end(self, outcomes: Sequence[Outcome], page: Path | None) -> int:
        """Write what was made; returns the exit code."""
        if page is None:
            return self.write_end(outcomes, "")
        new = sum(outcome.status == "done" for outcome in outcomes)
        what = f"{counted(len(outcomes), 'video')}, {new} of them new: " if outcomes else ""
        return self.write_end(outcomes, f"{what}{page}", page=str(page))
