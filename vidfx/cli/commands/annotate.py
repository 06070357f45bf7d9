"""`vidfx annotate`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Progress, Quiet, TypedSettings, with_settings
from vidfx.errors import Interrupted, VidfxError

if TYPE_CHECKING:
    from vidfx.config import Settings


@with_settings()
def annotate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Videos, folders, globs, s3:// or gs:// URLs, or text files that list them.",
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", help="Folder for the results, or a URL of storage.")
    ],
    given: TypedSettings,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, and do nothing.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    progress: Progress = "auto",
    debug: Debug = False,
) -> None:
    """Annotate videos: boxes, tracks, names and expressions, drawn and as CSV.

    For each input, below OUT: NAME.annotated.mp4, NAME.faces.csv, NAME.frames.csv and, written
    last, NAME.summary.json.
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
    keep: Collection[str] = (),
) -> None:
    """Annotate, show progress, write the results; raises typer.Exit with the exit code."""
    from vidfx.cli.console.render import renderer_for
    from vidfx.cli.console.results import write_outcomes, write_plan
    from vidfx.jobs.outcomes import Outcome, exit_code
    from vidfx.run.batch import annotate as run

    outcomes: list[Outcome] = []
    failure: VidfxError | None = None
    left_out: list[str] = []
    try:
        with renderer_for(progress, debug=debug) as renderer:
            left_out = renderer.left_out
            run(
                inputs,
                out,
                settings(),
                renderer.handle,
                dry_run=dry_run,
                outcomes=outcomes,
                keep=keep,
            )
    except VidfxError as error:
        failure = error
    except KeyboardInterrupt:
        failure = Interrupted()
    code = failure.exit_code if failure else exit_code(outcomes)
    if as_json:
        write_outcomes(outcomes, code, failure, left_out)
    elif dry_run and progress != "none":
        write_plan(outcomes)
    if failure:
        raise failure
    raise typer.Exit(code)
