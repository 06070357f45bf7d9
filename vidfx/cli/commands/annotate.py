"""`vidfx annotate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Generator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import (
    AsJson,
    Debug,
    DryRun,
    Progress,
    Quiet,
    TypedSettings,
    Verbose,
    with_settings,
)

if TYPE_CHECKING:
    from vidfx.config import Settings
    from vidfx.jobs.events import Listener
    from vidfx.jobs.outcomes import Outcome


@with_settings()
def annotate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Videos, photographs, folders, globs, s3:// or gs:// URLs, or text files that "
            "list them.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Folder for the results, or a URL of storage.",
            rich_help_panel="What to write",
        ),
    ],
    given: TypedSettings,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    progress: Progress = "auto",
    debug: Debug = False,
) -> None:
    """Detect and track faces in videos and photographs; classify identity and expression.

    \b
    vidfx annotate talk.mp4 -o results
    vidfx annotate recordings/ -o results --no-video
    vidfx annotate recordings/ -o results --recognition runs/ana

    For each input, below OUT: NAME.annotated.mp4, NAME.faces.csv, NAME.frames.csv and, written
    last, NAME.summary.json. NAME is the full name of the input: talk.mp4.faces.csv. Photographs
    become NAME.annotated.jpg, and share photos.faces.csv, photos.frames.csv and
    photos.summary.json.
    """
    with errors_in_one_line(debug):
        from vidfx.load_settings import load_settings

        run_and_report(
            inputs,
            out,
            lambda: load_settings(given),
            progress="none" if quiet else progress,
            dry_run=dry_run,
            as_json=as_json,
            debug=debug,
            verbose=verbose,
        )


def run_and_report(
    inputs: Sequence[str],
    out: str,
    settings: Callable[[], Settings],
    *,
    progress: str,
    dry_run: bool = False,
    as_json: bool = False,
    debug: bool = False,
    verbose: bool = False,
    keep: Collection[str] = (),
) -> None:
    """Annotate, show progress, write the results; raises typer.Exit with the exit code."""
    import shlex

    from vidfx.cli.console.results import write_length
    from vidfx.cli.console.run import report_run
    from vidfx.run.batch import annotate as run
    from vidfx.run.speed_here import expected_seconds

    chosen: list[Settings] = []

    def work(listener: Listener) -> Generator[Outcome]:
        chosen.append(settings())
        return run(
            inputs,
            out,
            chosen[0],
            listener,
            dry_run=dry_run,
            keep=keep,
            command=shlex.join(["vidfx", *sys.argv[1:]]),
        )

    def write_end(outcomes: Sequence[Outcome]) -> None:
        write_length(outcomes, expected_seconds(chosen[0], outcomes))

    report_run(
        work,
        "vidfx.annotate/1",
        progress=progress,
        dry_run=dry_run,
        as_json=as_json,
        debug=debug,
        verbose=verbose,
        after_plan=write_end,
    )
