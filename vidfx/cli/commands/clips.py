"""`vidfx clips`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Places, Quiet, SourceFolder


def clips(
    places: Places,
    where: Annotated[
        str,
        typer.Option(
            metavar="CONDITION",
            help="Condition on a face: columns of faces.csv with == != < <= > >= in and or not.",
        ),
    ],
    *,
    margin: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Time added before and after each moment."),
    ] = 1.0,
    join: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="Join moments with a shorter gap between them."
        ),
    ] = 0.5,
    at_least: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Leave out moments that are shorter.")
    ] = 0.0,
    cut: Annotated[
        Literal["fast", "exact", "none"],
        typer.Option(
            help="fast: copy, from the key frame before the moment; exact: encode again; none: "
            "only the table."
        ),
    ] = "fast",
    source: SourceFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT2", help="Folder for the clips. Default: OUT/clips."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Cut out the moments of finished videos that meet a condition, such as who smiles.

    \b
    vidfx clips results --where "identity == 'Ana' and emotion == 'happy'" --margin 1
    vidfx clips results --where "faces >= 3" --cut none     only the table
    vidfx clips results --where "quality > 0.5 and p_sad > 0.8" --cut exact -o sad

    A moment is a stretch of frames on which a face meets the condition. clips.csv lists them.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.outcomes import ClipsConsole
        from vidfx.clips.batch import ClipRequest, cut_clips
        from vidfx.clips.moments import Span
        from vidfx.clips.where import Where
        from vidfx.jobs.result_names import CLIPS

        request = ClipRequest(Where(where), Span(margin, join, at_least), cut, source)
        folder = out or (places[0] if places[0].is_dir() else places[0].parent) / CLIPS
        console = ClipsConsole("clip", folder, quiet=quiet, debug=debug, as_json=as_json)
        outcomes = cut_clips(places, folder, request, console)
        raise typer.Exit(console.end(outcomes))
