"""All commands. The options of each are in a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from vidfx.cli.commands.annotate import annotate
from vidfx.cli.commands.bench import bench
from vidfx.cli.commands.build_engine import build_engine
from vidfx.cli.commands.dataset import dataset
from vidfx.cli.commands.doctor import doctor
from vidfx.cli.commands.engines import engines
from vidfx.cli.commands.evaluate import evaluate
from vidfx.cli.commands.status import retry, status
from vidfx.cli.commands.train import models, train
from vidfx.cli.console.streams import guarded_streams

app = typer.Typer(
    name="vidfx",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        import vidfx

        typer.echo(f"vidfx {vidfx.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find faces in videos; track, name and read them. Everything stays on this machine.

    Exit codes: 0 all done, 1 some input failed, 2 usage, 3 nothing readable, 4 device, backend or
    engine not available, 130 interrupted.
    """


app.command()(annotate)
app.command()(status)
app.command()(retry)
app.command()(bench)
app.command()(train)
app.command()(evaluate)
app.command("build-engine")(build_engine)
app.command()(doctor)
app.add_typer(engines)
app.add_typer(models)
app.add_typer(dataset)


def run() -> None:
    """Parse the command line and run its command."""
    with guarded_streams():
        app()
