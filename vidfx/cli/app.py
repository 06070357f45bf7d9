"""All commands, in the order of --help. The options of each are in a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from vidfx.cli.console.streams import guarded_streams
from vidfx.cli.lazy import Entry, lazy_group
from vidfx.errors import EXIT_CODES

COMMANDS = {
    "Videos": {
        "annotate": Entry(
            "annotate:annotate",
            "Detect and track faces in videos and photographs; classify identity and expression.",
        ),
        "status": Entry(
            "status:status",
            "Print the state of a batch, also while it runs: done, running, waiting, failed.",
        ),
        "retry": Entry(
            "status:retry",
            "Run the latest batch of OUT again, with its inputs and settings: only what is not "
            "done.",
        ),
    },
    "Results": {
        "render": Entry(
            "render:render",
            "Draw finished videos again from their saved rows, without running the models.",
        ),
        "report": Entry(
            "report:report",
            "Make web pages of finished videos: who appears when, with which expression.",
        ),
        "export": Entry(
            "export:export",
            "Write the rows of finished videos as files for other programs; no model runs.",
        ),
        "tables": Entry(
            "tables:tables",
            "Write tables over all videos of OUT: tracks, appearances, people, videos.",
        ),
        "clips": Entry(
            "clips:clips",
            "Cut out the moments of finished videos that meet a condition, such as who smiles.",
        ),
        "sheets": Entry(
            "sheets:sheets",
            "Make a contact sheet of each track: its clearest faces over time, as a JPEG.",
        ),
        "corrections": Entry(
            "corrections:corrections",
            "Check the files that correct finished results.",
        ),
    },
    "People": {
        "people": Entry(
            "people:people",
            "Say who people are by a few pictures of each: galleries, and names in results.",
        ),
    },
    "Models": {
        "dataset": Entry(
            "dataset:dataset",
            "Make, check and split folders of labelled face pictures.",
        ),
        "train": Entry(
            "train:train",
            "Train a classifier of faces, and export it as an engine for annotate.",
        ),
        "evaluate": Entry(
            "evaluate:evaluate",
            "Measure classifiers on labelled pictures that they have not learned from.",
        ),
        "models": Entry(
            "models:models",
            "List and verify the models that are here; make engines of the checkpoints of "
            "trainings.",
        ),
        "build-engine": Entry(
            "build_engine:build_engine",
            "Compile a model for this machine: TensorRT on a GPU, OpenVINO on a CPU, or plain "
            "ONNX.",
        ),
        "engines": Entry(
            "engines:engines",
            "List engines, inspect one, check one.",
        ),
    },
    "This machine": {
        "doctor": Entry(
            "doctor:doctor",
            "Print what is installed, what works, and what annotate would choose here and why.",
        ),
        "bench": Entry(
            "bench:bench",
            "Time annotate on the first part of a video: CPU, GPU where there is one, decoding "
            "alone.",
        ),
        "config": Entry(
            "config:config",
            "Print the settings that annotate has in this folder, and where each comes from.",
        ),
        "describe": Entry(
            "describe:describe",
            "List all commands; with --json all that a program needs to know, from options to "
            "columns.",
        ),
    },
}
"""By heading, then by name."""

app = typer.Typer(
    name="vidfx",
    cls=lazy_group(COMMANDS),
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


HELP = f"""Detect and track faces in videos; classify identity and expression, on this machine only.

\b
vidfx annotate talk.mp4 -o results          a video
vidfx annotate recordings/ -o results       all videos of a folder
vidfx render results --messages none        drawn again, without models
vidfx status results                        the state of the latest run
vidfx doctor                                what works on this machine

Exit codes: {", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items())}.
"""


@app.callback(help=HELP)
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
    """All commands."""


def run() -> None:
    """Parse the command line and run its command."""
    with guarded_streams():
        app()
