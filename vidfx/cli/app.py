"""All commands. The options of each are in a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from vidfx.cli.commands.annotate import annotate
from vidfx.cli.commands.bench import bench
from vidfx.cli.commands.build_engine import build_engine
from vidfx.cli.commands.clips import clips
from vidfx.cli.commands.config import config
from vidfx.cli.commands.corrections import corrections
from vidfx.cli.commands.dataset import dataset
from vidfx.cli.commands.doctor import doctor
from vidfx.cli.commands.engines import engines
from vidfx.cli.commands.evaluate import evaluate
from vidfx.cli.commands.export import export
from vidfx.cli.commands.render import render
from vidfx.cli.commands.report import report
from vidfx.cli.commands.sheets import sheets
from vidfx.cli.commands.status import retry, status
from vidfx.cli.commands.tables import tables
from vidfx.cli.commands.train import models, train
from vidfx.cli.console.streams import guarded_streams
from vidfx.cli.help import GroupedCommand, SentenceGroup

app = typer.Typer(
    name="vidfx",
    cls=SentenceGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from vidfx.output.origin import versions

        for name, number in versions().items():
            typer.echo(f"{name} {number}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_version,
            is_eager=True,
            help="Print the version, and those of the libraries that decide results.",
        ),
    ] = False,
) -> None:
    """Find faces in videos; track, name and read them. Everything stays on this machine.

    \b
    vidfx annotate talk.mp4 -o results          a video
    vidfx annotate recordings/ -o results       all videos of a folder
    vidfx render results --messages none        drawn again, without running the models
    vidfx status results                        how far the latest run is
    vidfx doctor                                what works on this machine

    Exit codes: 0 all done, 1 some input failed, 2 usage, 3 nothing readable, 4 device, backend or
    engine not available, 130 interrupted.
    """


app.command(cls=GroupedCommand)(annotate)
app.command(cls=GroupedCommand)(render)
app.command(cls=GroupedCommand)(status)
app.command(cls=GroupedCommand)(retry)
app.command(cls=GroupedCommand)(report)
app.command(cls=GroupedCommand)(export)
app.command(cls=GroupedCommand)(tables)
app.command(cls=GroupedCommand)(clips)
app.command(cls=GroupedCommand)(sheets)
app.command(cls=GroupedCommand)(bench)
app.command(cls=GroupedCommand)(train)
app.command(cls=GroupedCommand)(evaluate)
app.command("build-engine", cls=GroupedCommand)(build_engine)
app.command(cls=GroupedCommand)(doctor)
app.command(cls=GroupedCommand)(config)
app.add_typer(engines)
app.add_typer(models)
app.add_typer(dataset)
app.add_typer(corrections)


def run() -> None:
    """Parse the command line and run its command."""
    with guarded_streams():
        app()
