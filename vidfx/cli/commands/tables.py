"""`vidfx tables`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Quiet


def tables(
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="An output folder of `vidfx annotate`.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT2", help="Folder for the tables. Default: OUT/tables."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write tables over all videos of OUT: tracks, appearances, people, videos.

    \b
    vidfx tables results
    vidfx tables results -o for-the-paper

    tracks.csv has a row for each track of each video, appearances.csv for each stretch of frames
    that shows it, people.csv for each name, videos.csv for each video with its state and why it
    failed. Every run of annotate writes them at its end; this command also works while one runs.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.tables import write_line, write_table
        from vidfx.cli.console.text import say
        from vidfx.errors import UsageError
        from vidfx.jobs.storage import is_url, local_path
        from vidfx.tables.write import write_tables

        if is_url(out):
            raise UsageError(
                f"{out}: tables are not made of results on storage",
                hint="copy the summaries to a folder and name that",
            )
        written = write_tables(Path(local_path(out)), to)
        if as_json:
            write_object({"schema": "vidfx.tables_written/1"} | written.as_json())
        elif not quiet:
            write_line(f"{written.folder}:")
            write_table(("table", "rows"), [(f"{n}.csv", r) for n, r in written.rows.items()])
            write_line(", ".join(f"{n} {status}" for status, n in written.statuses.items()))
        for line in written.warnings():
            say(f"warning: {line}")
        raise typer.Exit(written.exit_code)
