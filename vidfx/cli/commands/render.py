"""`vidfx render`."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import (
    AsJson,
    Debug,
    DryRun,
    Progress,
    Quiet,
    SourceFolder,
    TypedSettings,
    Verbose,
    with_settings,
)
from vidfx.config import SETTINGS

if TYPE_CHECKING:
    from vidfx.jobs.events import Listener
    from vidfx.jobs.outcomes import Outcome

WHAT_TO_DRAW = [name for name, s in SETTINGS.items() if s.option.decides == "video"]
HOW_TO_RUN = ("overwrite", "threads", "jobs", "stall_timeout", "grace", "max_memory")


@with_settings("start", "end", "messages", *WHAT_TO_DRAW, *HOW_TO_RUN)
def render(
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="OUT|SUMMARY...",
            help="Output folders of `vidfx annotate`, with their subfolders, or single summaries.",
            show_default=False,
        ),
    ],
    given: TypedSettings,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT2",
            help="Folder for the videos. Default: beside the results.",
            rich_help_panel="What to write",
        ),
    ] = None,
    source: SourceFolder = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME|track:N",
            help="Draw this person or track and no others. Can be given several times.",
            rich_help_panel="What to write",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    progress: Progress = "auto",
    debug: Debug = False,
) -> None:
    """Draw finished videos again from their saved rows, without running the models.

    \b
    vidfx render results --messages none
    vidfx render results/talk.mp4.summary.json --only track:3 --start 1:00

    For each finished video: NAME.rendered.mp4 and, written last, NAME.rendered.json, which records
    what it was made of. A video that exists is drawn again only if its rows or the options have
    changed. The rows and the annotated video are not changed.
    """
    with errors_in_one_line(debug):
        import shlex

        from vidfx.cli.console.run import report_run
        from vidfx.load_settings import load_settings
        from vidfx.render.task import RenderOptions
        from vidfx.run.render import render as run

        command = shlex.join(["vidfx", *sys.argv[1:]])

        def work(listener: Listener) -> Generator[Outcome]:
            options = RenderOptions(tuple(only or ()), source, command)
            settings = load_settings(given)
            return run(places, settings, options, listener, out=out, dry_run=dry_run)

        report_run(
            work,
            "vidfx.render/1",
            progress="none" if quiet else progress,
            dry_run=dry_run,
            as_json=as_json,
            debug=debug,
            verbose=verbose,
        )
