"""`vidfx models`: those that are here, and engines out of checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vidfx.cli.commands.train import NEEDS
from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.help import GroupedCommand, SentenceGroup
from vidfx.cli.options import AsJson, Debug, EngineName
from vidfx.errors import UsageError

models = typer.Typer(
    cls=SentenceGroup,
    name="models",
    help="List and verify the models that are here; make engines of the checkpoints of trainings.",
    no_args_is_help=True,
)


@models.callback()
def _models() -> None:
    """List and verify the models that are here; make engines of the checkpoints of trainings."""


@models.command("list", cls=GroupedCommand)
def list_models(as_json: AsJson = False, debug: Debug = False) -> None:
    """List every model that is here: licence, size, sha256 and what it was trained on.

    \b
    vidfx models list

    They are the included ones, those that were built or converted on this machine, packs of
    insightface, and weights in the user's cache. Nothing is downloaded.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx_engines.inventory import known_models

        found = known_models()
        if as_json:
            from vidfx.cli.console.results import write_object

            content = [model.as_json() for model in found]
            write_object({"schema": "vidfx.models/1", "models": content})
            return
        for model in found:
            write_line(f"{model.name}: {model.origin}, {model.size_text}")
            write_line(f"    licence:    {model.licence}")
            write_line(f"    trained on: {model.training_data}")
            write_line(f"    sha256:     {model.sha256 or 'not stated'}")
            write_line(f"    file:       {model.path}")


@models.command("path", cls=GroupedCommand)
def path_of_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `vidfx models list`.")],
    debug: Debug = False,
) -> None:
    """Print where the file of a model is.

    \b
    vidfx models path emotion-embedded
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx_engines.inventory import named_models

        for model in named_models([name]):
            write_line(str(model.path))


@models.command("verify", cls=GroupedCommand)
def verify_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Names of `vidfx models list`. Default: all."),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare the files of models with the sha256 that is stated for them.

    \b
    vidfx models verify
    vidfx models verify emotion-embedded

    Exit code 4 if one is altered or missing. For a model without a stated sha256, that of the file
    is printed.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.errors import UnavailableError
        from vidfx_engines.inventory import known_models, named_models

        chosen = named_models(names) if names else known_models()
        verdicts = [(model, *model.verified()) for model in chosen]
        wrong = [m for m, verdict, _ in verdicts if verdict in ("altered", "missing")]
        if as_json:
            from vidfx.cli.console.results import write_object

            rows = [{"name": m.name, "verdict": v, "sha256": sha} for m, v, sha in verdicts]
            write_object({"schema": "vidfx.models.verify/1", "models": rows})
        else:
            for model, verdict, sha in verdicts:
                write_line(f"{model.name}: {verdict}, sha256 {sha or '-'}")
        if wrong:
            raise UnavailableError(
                f"{wrong[0].path}: not the file that was published, or missing",
                hint="reinstall vidfx, or make the file again",
            )


@models.command(cls=GroupedCommand)
def average(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="best.safetensors of a run, or of several.")
    ],
    data: Annotated[Path, typer.Option(help="Data set; its val part is used for calibration.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for checkpoint and engine.")],
    shift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=LOGIT",
            help="Predict a class more (above 0) or less often. Can be given several times.",
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Average the weights of trainings from one start; export the result.

    The classes are those of the last one; the others may have more. A single
    one is only calibrated again, on DATA.
    """
    with errors_in_one_line(debug):
        require(*NEEDS, "onnxscript", extra="train")
        from vidfx_training.average import average as mean_of
        from vidfx_training.checkpoint import save_checkpoint
        from vidfx_training.loop.training_loop import BEST
        from vidfx_training.onnx_export.export import export as write_engine

        found = mean_of(checkpoints, data, _shifts(shift or []))
        out.mkdir(parents=True, exist_ok=True)
        save_checkpoint(out / BEST, found.network(), found.recipe, found.labels, found.facts)
        spec = write_engine(found, out)
        typer.echo(
            f"{out / spec.weights}: val accuracy {found.facts['val_accuracy']:.4f},"
            f" balanced {found.facts['val_balanced_accuracy']:.4f}"
        )


def _shifts(given: list[str]) -> dict[str, float]:
    """Logits by label. Raises UsageError."""
    found: dict[str, float] = {}
    for text in given:
        label, _, logit = text.rpartition("=")
        try:
            found[label] = float(logit)
            if not label or not abs(found[label]) <= 10:
                raise ValueError
        except ValueError as error:
            raise UsageError(
                f"--shift {text}: not LABEL=LOGIT, with a number of -10 to 10",
                hint="as in --shift angry=0.4",
            ) from error
    return found


@models.command(cls=GroupedCommand)
def export(
    checkpoint: Annotated[Path, typer.Argument(help="best.safetensors of a run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the engine.")],
    name: EngineName = None,
    half: Annotated[
        bool, typer.Option("--half", help="Store the weights in 16 bits: half the size.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Make an engine of a checkpoint: NAME.onnx, NAME.spec.json and NAME.CARD.md."""
    with errors_in_one_line(debug):
        require(*NEEDS, "onnxscript", extra="train")
        from vidfx_training.checkpoint import load_checkpoint
        from vidfx_training.onnx_export.export import export as write_engine

        found = load_checkpoint(checkpoint)
        if name is not None:
            found = replace(found, recipe=replace(found.recipe, name=name))
        spec = write_engine(found, out, half=half)
        typer.echo(str(out / spec.weights))
