"""All commands. The options of each are in a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

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
    """Detect and track faces in videos; classify identity and expression, on this machine only.

    \b
    vidfx annotate talk.mp4 -o results          a video
    vidfx annotate recordings/ -o results       all videos of a folder
    vidfx render results --messages none        drawn again, without models
    vidfx status results                        the state of the latest run
    vidfx doctor                                what works on this machine

    Exit codes: 0 all done, 1 some input failed, 2 usage, 3 nothing readable, 4 device, backend or
    engine not available, 130 interrupted.
    """


_COMMANDS: dict[str, tuple[Callable[..., Any] | typer.Typer, ...]] = {
    "Videos": (annotate, status, retry),
    "Results": (render, report, export, tables, clips, sheets, corrections),
    "Models": (dataset, train, evaluate, models, build_engine, engines),
    "This machine": (doctor, bench, config),
}
for _heading, _commands in _COMMANDS.items():
    for _command in _commands:
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, rich_help_panel=_heading)
        else:
            app.command(cls=GroupedCommand, rich_help_panel=_heading)(_command)


def run() -> None:
    """Parse the command line and run its command."""
    with guarded_streams():
        app()
