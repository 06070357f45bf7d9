"""`vidfx evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.options import AsJson, Debug, SplitFile, TypedSettings, with_settings
from vidfx.errors import UsageError

NEEDS = ("PIL", "matplotlib", "scipy")


PartOrAll = Literal["test", "val", "train", "all"]


@with_settings("device", "backend")
def evaluate(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL...] DATA",
            help="Engines (emotion-embedded, emotion-embedded-8, an .onnx with its spec, or the "
            "folder of a training), and a folder of labelled pictures, or of pictures with votes "
            "(votes.csv).",
        ),
    ],
    *,
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Instead of models: a gallery (`vidfx people add`). DATA has a folder of pictures "
            "for each person, named as in the gallery; all other folders are strangers.",
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Instead of models: who is seen where (a CSV: video,person,from_s,to_s,x_px,y_px)."
            " DATA is an output folder of `vidfx annotate`.",
        ),
    ] = None,
    part: Annotated[
        PartOrAll | None,
        typer.Option(help="Which pictures. Default: test, else val, else all."),
    ] = None,
    split: SplitFile = None,
    ignore_unknown: Annotated[
        bool,
        typer.Option("--ignore-unknown", help="Leave out folders that the model does not know."),
    ] = False,
    agreement: Annotated[
        float | None,
        typer.Option(
            help="Pictures with votes: the label is the one with more than this share of all "
            "votes (default 0.5); pictures without one do not count for accuracy and recall."
        ),
    ] = None,
    target_far: Annotated[
        float | None,
        typer.Option(
            help="Identity: set the thresholds so that at most this share of others is accepted, "
            "such as 0.01, and write them into the model's spec. With --people: the share of "
            "strangers who may be named (default 0.001); nothing is written."
        ),
    ] = None,
    threshold_part: Annotated[
        PartOrAll | None, typer.Option(help="The pictures that set the thresholds. Default: val.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the results. Default: evaluation, beside the model or in the gallery.",
        ),
    ] = None,
    given: TypedSettings,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of engine and reading. Default: all cores.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=4096, help="Pictures in a batch.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the confidence intervals.")] = 0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Measure classifiers on labelled pictures that they have not learned from.

    \b
    vidfx evaluate runs/ana faces/
    vidfx evaluate runs/one runs/other faces/ --target-far 0.01
    vidfx evaluate faces/ --people people/

    OUT gets report.html, report.json, predictions.csv, mistakes.jpg, confusion.png,
    reliability.png and, for identity, roc.png. With --people it gets report.html, report.json and
    det.png. With --truth it prints one JSON object: groups of tracks (pairwise and B-cubed), rows
    named right, and identity switches and IDF1 of tracks, persons and names.
    """
    with errors_in_one_line(debug):
        require(*NEEDS, extra="train")
        if target_far is not None and not 0 < target_far <= 0.5:
            raise UsageError(
                f"--target-far {target_far:g}: a share above 0 and up to 0.5 is needed",
                hint="0.01 accepts one of a hundred others",
            )
        if truth is not None:
            _evaluate_truth(truth, arguments, people, seed)
            return
        if people is not None:
            unused: dict[str, object] = {
                "--part": part,
                "--split": split,
                "--ignore-unknown": ignore_unknown,
                "--agreement": agreement,
                "--threshold-part": threshold_part,
            }
            _evaluate_people(
                people,
                arguments,
                unused,
                target_far,
                out,
                seed,
                given | {"threads": threads},
                as_json,
            )
            return
        if len(arguments) < 2:
            raise UsageError("a model and a data set are needed", hint="vidfx evaluate MODEL DATA")
        if agreement is not None and not 0.5 <= agreement < 1:
            raise UsageError(
                f"--agreement {agreement:g}: a share from 0.5 up to below 1 is needed",
                hint="0.5 is more than half of the votes",
            )
        from vidfx.cli.console.evaluate_text import evaluation_console, write_report
        from vidfx.cli.console.results import write_object
        from vidfx.engine_argument import find_engine
        from vidfx.evaluate.engines import default_folder
        from vidfx.evaluate.evaluation import EvaluationRequest
        from vidfx.evaluate.evaluation import evaluate as run
        from vidfx.evaluate.output import write

        *models, data = arguments
        folder = out or default_folder(find_engine(models[0]))
        request = EvaluationRequest(
            models=tuple(models),
            data=Path(data),
            split=split,
            part=part,
            ignore_unknown=ignore_unknown,
            agreement=agreement,
            target_far=target_far,
            threshold_part=threshold_part,
            device=given.get("device", "auto"),
            backend=given.get("backend", "auto"),
            threads=threads,
            batch=batch,
            seed=seed,
        )
        with evaluation_console() as console:
            evaluation = run(request, console)
            files = write(evaluation, folder)
            console.say(f"report: {next(f for f in files if f.name == 'report.html')}")
        if as_json:
            write_object(evaluation.document | {"files": [str(file) for file in files]})
        else:
            write_report(evaluation.document)


def _evaluate_people(
    gallery: Path,
    arguments: list[str],
    unused: dict[str, object],
    target_far: float | None,
    out: Path | None,
    seed: int,
    given: dict[str, Any],
    as_json: bool,
) -> None:
    for option, value in unused.items():
        if value:
            raise UsageError(f"{option} has no effect with --people", hint="leave it out")
    if len(arguments) != 1:
        raise UsageError(
            f"--people takes one data set, and {len(arguments)} arguments are given",
            hint=f"vidfx evaluate DATA --people {gallery}",
        )
    from vidfx.cli.console.evaluate_people_text import write_report
    from vidfx.cli.console.extract_text import ExtractConsole
    from vidfx.cli.console.results import write_object
    from vidfx.enrol.evaluation import PeopleRequest, evaluate_people, write
    from vidfx.load_settings import load_settings
    from vidfx.people.thresholds import TARGET_FAR

    settings = load_settings(
        {"recognition": "none", "emotion": "none"}
        | {name: value for name, value in given.items() if value is not None}
    )
    request = PeopleRequest(gallery, Path(arguments[0]), settings, target_far or TARGET_FAR, seed)
    with ExtractConsole("pictures", quiet=as_json, debug=False) as console:
        found, document = evaluate_people(request, console)
    files = write(found, document, out or gallery / "evaluation")
    if as_json:
        write_object(document | {"files": [str(file) for file in files]})
    else:
        write_report(document, files)


def _evaluate_truth(truth: Path, arguments: list[str], people: Path | None, seed: int) -> None:
    if people is not None or len(arguments) != 1:
        raise UsageError(
            "--truth takes one output folder and no --people",
            hint=f"vidfx evaluate OUT --truth {truth}",
        )
    from vidfx.cli.console.results import write_object
    from vidfx.identify.evaluation import evaluate_truth, read_truth

    write_object(evaluate_truth(Path(arguments[0]), read_truth(truth), seed=seed))
