"""`vidfx report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.options import AsJson, Debug, Quiet


def report(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="OUT|SUMMARY...",
            help="The output folder of annotate; with --single-file and --figure also summaries.",
        ),
    ],
    *,
    thumbnails: Annotated[
        bool,
        typer.Option("--thumbnails", help="Take a picture of each face from the source videos."),
    ] = False,
    single_file: Annotated[
        bool,
        typer.Option(
            "--single-file", help="Write one page for each video, NAME.report.html, to send."
        ),
    ] = False,
    figure: Annotated[
        Path | None,
        typer.Option(
            "--figure", metavar="FILE", help="Draw a timeline for a paper: .svg, .pdf or .png."
        ),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve the report on this machine only, so that corrections can be saved from it.",
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port of --serve. 0 is any.")
    ] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make pages for a browser from finished videos: who is where, and what their faces show.

    \b
    vidfx report results                       results/report/index.html, of all videos
    vidfx report results --thumbnails          with a picture of each face
    vidfx report results/talk.mp4.summary.json --single-file
    vidfx report results --serve               to correct names while looking

    The page needs no network, and can be opened while a batch still runs.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.report_text import ReportConsole
        from vidfx.report import make

        console = ReportConsole(quiet=quiet, debug=debug, as_json=as_json)
        if figure is not None:
            require("matplotlib", extra="report")
            make.figure_of(places, figure)
            raise typer.Exit(console.end([], figure))
        if serve:
            make.serve_report(places, port, thumbnails=thumbnails, ready=console.serving)
        elif single_file:
            made = make.single_pages(places, thumbnails=thumbnails, report=console.outcome)
            raise typer.Exit(console.end(made, None))
        page = make.page_of(places)
        made = make.folder_report(places, thumbnails=thumbnails, report=console.outcome)
        raise typer.Exit(console.end(made, page))
