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
            help="An output folder of `vidfx annotate`; with --single-file and --figure, also "
            "several, or single summaries.",
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
            "--single-file",
            help="Write one file for each video, NAME.report.html, that can be sent.",
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
            help="Serve the pages, on this machine only, so that they can save corrections.",
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=65535, help="Port for --serve; 0 takes a free one."),
    ] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make web pages of finished videos: who appears when, with which expression.

    \b
    vidfx report results                 results/report/index.html, of all videos
    vidfx report results --thumbnails    with a picture of each face
    vidfx report results --serve         to correct names while looking
    vidfx report results/talk.mp4.summary.json --single-file

    The pages need no network, and can be made while a batch still runs.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.outcomes import ReportConsole
        from vidfx.report import make

        console = ReportConsole("vidfx.report/1", quiet=quiet, debug=debug, as_json=as_json)
        if figure is not None:
            require("matplotlib", extra="report")
            make.figure_of(places, figure, console)
            raise typer.Exit(console.end([], figure))
        if serve:
            make.serve_report(
                *(places, port),
                thumbnails=thumbnails,
                report=console.report,
                ready=console.serving,
            )
        elif single_file:
            made = make.single_pages(places, thumbnails=thumbnails, progress=console)
            raise typer.Exit(console.end(made, None))
        page = make.page_of(places)
        made = make.folder_report(places, thumbnails=thumbnails, report=console.report)
        raise typer.Exit(console.end(made, page))
