"""`vidfx corrections`: files in which people correct finished results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.help import GroupedCommand, SentenceGroup
from vidfx.cli.options import AsJson, Debug, Places

if TYPE_CHECKING:
    from vidfx.corrections.check import Checked

corrections = typer.Typer(
    cls=SentenceGroup,
    name="corrections",
    help="Check the files that correct finished results.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@corrections.command(cls=GroupedCommand)
def check(
    places: Places,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare each line of the corrections with the rows of its video; change nothing.

    \b
    vidfx corrections check results

    A problem is a line that is invalid, that no row matches, or that a later line contradicts. A
    note is about a line that changes less than it says. Exit code 1 if there is a problem, else 0.
    """
    with errors_in_one_line(debug):
        from dataclasses import asdict

        from vidfx.cli.console.results import write_object
        from vidfx.corrections.check import check_videos
        from vidfx.saved.runs import find_summaries

        found = list(check_videos(find_summaries(places)))
        if as_json:
            lines = [asdict(checked) for checked in found]
            write_object({"schema": "vidfx.corrections_check/1", "lines": lines})
        else:
            _write(found)
        raise typer.Exit(any(checked.verdict == "problem" for checked in found))


def _write(found: list[Checked]) -> None:
    from vidfx.cli.console.tables import write_line, write_table
    from vidfx.notation import counted

    counted_lines = [checked for checked in found if checked.rows is not None]
    if counted_lines:
        columns = ("line", "action", "track", "rows", "")
        rows = [(c.place, c.action, c.track, c.rows, c.verdict) for c in counted_lines]
        write_table(columns, rows)
    for checked in found:
        if checked.why:
            write_line(f"{checked.verdict}: {checked.place}: {checked.why}")
    problems = sum(checked.verdict == "problem" for checked in found)
    write_line(f"{counted(len(found), 'line')}, {counted(problems, 'problem')}")
