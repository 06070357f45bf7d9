"""`vidfx train`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.options import AsJson, Debug, EngineName, Quiet, SplitFile
from vidfx.errors import UsageError

if TYPE_CHECKING:
    from vidfx_training.recipe import Recipe

NEEDS = ("torch", "torchvision", "safetensors", "matplotlib", "PIL")


TaskName = Literal["recognition", "emotion"]
ArchName = Literal["vggface", "resnet18", "small"]


def train(
    task: Annotated[TaskName, typer.Argument(help="What to classify: recognition or emotion.")],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Data set: a folder for each class, split on disk or by `vidfx dataset split`.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    arch: Annotated[
        ArchName | None, typer.Option(help="The network. Default: the recipe's, or resnet18.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="scratch, imagenet, vggface, or a PATH of weights. Default: the recipe's."
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="FILE or name of a recipe. Default: by task, arch and init."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Recognition: only this person; everybody else is other. Default: all."),
    ] = None,
    split: SplitFile = None,
    name: EngineName = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures in a batch.")] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of the network's input in px.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the weights, for the model card.")
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoint of a teacher (distillation). Can be given several times."),
    ] = None,
    logger: Annotated[
        Literal["files", "wandb", "tensorboard"],
        typer.Option(help="Where to log, besides files."),
    ] = "files",
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run that was stopped.")
    ] = False,
    allow_leaks: Annotated[
        bool,
        typer.Option("--allow-leaks", help="Train although recordings are in more than one part."),
    ] = False,
    device: Annotated[
        str, typer.Option(help="auto (a CUDA GPU where there is one), cpu, cuda or cuda:N.")
    ] = "auto",
    threads: Annotated[int, typer.Option(help="Threads. 0 is all cores.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train a classifier of faces, and export it as an engine for annotate.

    \b
    vidfx train recognition faces/ --target Ana -o runs/ana
    vidfx train emotion faces/ --arch vggface -o runs/expressions

    OUT gets the engine (NAME.onnx, NAME.spec.json, NAME.CARD.md), best.safetensors, run.json,
    log.jsonl, log.csv and curves.png.
    """
    with errors_in_one_line(debug):
        require(*NEEDS, extra="train")
        if target is not None and task != "recognition":
            raise UsageError("--target: only recognition has one", hint="leave it out")
        from vidfx.cli.console.training_progress import TrainingConsole, write_result
        from vidfx_training.train_run import train_run
        from vidfx_training.training_request import TrainingRequest

        chosen = _recipe(task, arch, init, recipe)
        if size is not None:
            chosen = chosen.resized(size)
        schedule = {"epochs": epochs, "batch": batch, "lr": lr, "seed": seed}
        chosen = chosen.with_values(schedule={k: v for k, v in schedule.items() if v is not None})
        about = {"name": name, "licence": licence}
        request = TrainingRequest(
            data=data,
            recipe=replace(chosen, **{k: v for k, v in about.items() if v is not None}),
            out=out,
            split=split,
            target=target,
            teachers=tuple(teacher or ()),
            logger=logger,
            resume=resume,
            allow_leaks=allow_leaks,
            threads=threads,
            device=device,
            command=shlex.join(["vidfx", *sys.argv[1:]]),
        )
        with TrainingConsole(chosen.schedule.epochs, quiet=quiet) as console:
            result = train_run(request, console)
        write_result(result, as_json=as_json, quiet=quiet)


def _recipe(task: str, arch: ArchName | None, init: str | None, recipe: str | None) -> Recipe:
    from vidfx_training.recipe import named_recipe, read_recipe, recipe_for

    if recipe is None:
        scratch = "vggface" if arch == "vggface" else "scratch"
        return recipe_for(task, arch or "resnet18", init or scratch)
    chosen = read_recipe(Path(recipe)) if recipe.endswith(".toml") else named_recipe(recipe)
    if chosen.task != task:
        raise UsageError(
            f"{recipe}: a recipe for {chosen.task}, not for {task}", hint="name another recipe"
        )
    model = {"arch": arch, "init": init}
    return chosen.with_values(model={k: v for k, v in model.items() if v is not None})
