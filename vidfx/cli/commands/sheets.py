"""`vidfx sheets`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Places, Quiet, SourceFolder


def sheets(
    places: Places,
    *,
    faces: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Maximum number of faces on a sheet.")
    ] = 12,
    source: SourceFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT2", help="Folder for the sheets. Default: OUT/sheets."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a contact sheet of each track: its clearest faces over time, as a JPEG.

    \b
    vidfx sheets results
    vidfx sheets results/talk.mp4.summary.json --faces 24 -o sheets

    For each track of talk.mp4: talk.mp4.track-0001.jpg and so on.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.outcomes import ClipsConsole
        from vidfx.clips.sheets import FOLDER, SheetRequest, make_sheets

        folder = out or (places[0] if places[0].is_dir() else places[0].parent) / FOLDER
        console = ClipsConsole("sheet", folder, quiet=quiet, debug=debug, as_json=as_json)
        outcomes = make_sheets(places, folder, SheetRequest(faces, source), console)
        raise typer.Exit(console.end(outcomes))
