"""`vidfx export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.options import AsJson, Debug, Places, Quiet, SourceFolder


def export(
    places: Places,
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMATS",
            help="One or more, separated by commas: vtt, srt, ass, mkv, chapters, thumbnails, "
            "elan, cvat, label-studio, coco, mot, parquet.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT2", help="Folder for the files. Default: beside the results."
        ),
    ] = None,
    source: SourceFolder = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the rows of finished videos as files for other programs; no model runs.

    \b
    vidfx export results --to vtt,ass,chapters      subtitles, boxes, chapters
    vidfx export results --to cvat -o annotations   tracks for an annotation tool

    talk.mp4.summary.json gives talk.mp4.vtt, talk.mp4.cvat.xml and so on.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.outcomes import ExportConsole
        from vidfx.export.batch import export as run
        from vidfx.export.formats import read_formats

        console = ExportConsole("vidfx.export/1", quiet=quiet, debug=debug, as_json=as_json)
        writers = read_formats(to)
        if any(ending.endswith(".parquet") for ending in writers):
            require("pyarrow", extra="parquet")
        outcomes = run(places, writers, out, source, overwrite=overwrite, progress=console)
        raise typer.Exit(console.end(outcomes))
