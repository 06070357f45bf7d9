"""A run of a command over many inputs: its progress, and what it writes at the end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import typer

from vidfx.cli.console.render import renderer_for
from vidfx.cli.console.results import write_outcomes, write_plan
from vidfx.errors import Interrupted, VidfxError
from vidfx.jobs.events import Listener
from vidfx.jobs.outcomes import Outcome, exit_code, in_order_of


def report_run(
    work: Callable[[Listener], Generator[Outcome]],
    schema: str,
    *,
    progress: str,
    dry_run: bool,
    as_json: bool,
    debug: bool,
    verbose: bool,
    after_plan: Callable[[Sequence[Outcome]], None] | None = None,
) -> None:
    """Do ``work``, which yields what becomes of each input, and show it.

    ``schema`` is that of the object for ``--json``; ``after_plan`` is called after the plan of a
    dry run is written. Raises the error that ended the work, else typer.Exit with the exit code.
    """
    outcomes: list[Outcome] = []
    failure: VidfxError | None = None
    renderer = renderer_for(progress, debug=debug, verbose=verbose)
    try:
        with renderer, closing(work(renderer.handle)) as run:
            for outcome in run:
                outcomes.append(outcome)
    except VidfxError as error:
        failure = error
    except KeyboardInterrupt:
        failure = Interrupted()
    outcomes.sort(key=in_order_of(renderer.inputs))
    code = failure.exit_code if failure else exit_code(outcomes)
    if as_json:
        write_outcomes(outcomes, code, failure, renderer.left_out, schema)
    elif dry_run and progress != "none":
        write_plan(outcomes)
        if after_plan and not failure:
            after_plan(outcomes)
    if failure:
        raise failure
    raise typer.Exit(code)
