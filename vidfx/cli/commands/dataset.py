"""`vidfx dataset`: check, cut again and split folders of labelled face pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vidfx.cli.commands.extract import extract
from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.help import GroupedCommand, SentenceGroup
from vidfx.cli.options import AsJson, Debug, Quiet, SplitFile, TypedSettings, with_settings

if TYPE_CHECKING:
    from vidfx_training.dataset.index import Dataset
    from vidfx_training.dataset.measure import Measures

dataset = typer.Typer(
    cls=SentenceGroup,
    name="dataset",
    help="Make, check and split folders of labelled face pictures.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

dataset.command(cls=GroupedCommand)(extract)

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="DIR/<label>/pictures, or DIR/{train,val,test}/<label>/pictures; or pictures and "
        "DIR/votes.csv, which has a column for each class.",
    ),
]


@dataset.command(cls=GroupedCommand)
def check(
    folder: Folder,
    split: SplitFile = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File of the page. Default: DIR/check.html.")
    ] = None,
    no_html: Annotated[bool, typer.Option("--no-html", help="Write no page.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if there are problems.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Find leaks, duplicates, conflicts, broken files and imbalance; change no picture.

    With votes also: the share of pictures on which people agree, by class, and Fleiss' kappa.
    """
    with errors_in_one_line(debug):
        require("PIL", extra="dataset")
        from vidfx.cli.console import dataset_text as text
        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.text import say
        from vidfx_training.dataset.check import check as run
        from vidfx_training.dataset.duplicates import find_duplicates
        from vidfx_training.dataset.index import read_dataset
        from vidfx_training.dataset.page import page

        data = read_dataset(folder, split=split)
        measures = _measure(data)
        duplicates = find_duplicates(measures)
        report = run(data, measures, duplicates)
        if not no_html:
            file = html or folder / "check.html"
            text.write_file(file, page(data, measures, duplicates, report))
            say(f"page: {file}")
        write_object(report.as_json()) if as_json else text.write_report(report)
        raise typer.Exit(1 if strict and report.problems else 0)


@dataset.command(cls=GroupedCommand)
def split(
    folder: Folder,
    ratios: Annotated[
        str, typer.Option(help="Sizes of train, val and test; two numbers: no test set.")
    ] = "70/15/15",
    group_by: Annotated[
        str,
        typer.Option(
            help="What stays together: source (the recording or photograph in faces.csv), folder "
            "(the one below the label's, or any with votes.csv), or regex:PATTERN on the path (its "
            "first group)."
        ),
    ] = "source",
    target: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Split this person, and all others by person."),
    ] = None,
    test_from: Annotated[
        str | None,
        typer.Option(
            metavar="PART",
            help="The part on disk that becomes the test set; the rest becomes train and val.",
        ),
    ] = None,
    near: Annotated[
        float,
        typer.Option(
            help="Correlation from which pictures are near-duplicates and stay together; "
            "with 1 only identical pictures do."
        ),
    ] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random split.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="File of the split. Default: DIR/split.json."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing split.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Divide a data set into train, val and test, in one small file; move no picture.

    Recordings and near-duplicates stay together, copies and pictures with two labels are left
    out, and every class has its share in each part. The class of a picture with votes is the
    answer with the most votes.
    """
    with errors_in_one_line(debug):
        require("PIL", extra="dataset")
        from vidfx.cli.console import dataset_text as text
        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.text import say
        from vidfx.errors import OutputExistsError
        from vidfx_training.dataset.duplicates import find_duplicates
        from vidfx_training.dataset.index import SPLIT_FILE, read_dataset
        from vidfx_training.dataset.split import Rule, make_split

        rule = Rule(text.parse_ratios(ratios), group_by, target, test_from, seed, near)
        file = out or folder / SPLIT_FILE
        if file.exists() and not overwrite:
            raise OutputExistsError(f"{file} exists already", hint="--overwrite replaces it")
        data = read_dataset(folder, use_split=False)
        rule.check(data)
        measures = _measure(data)
        made = make_split(data, measures, find_duplicates(measures, near), rule)
        text.write_file(file, made.text())
        for note in made.notes:
            say(f"warning: {note}")
        say(f"split: {file}")
        write_object(made.as_json()) if as_json else text.write_split(made)


@dataset.command(cls=GroupedCommand)
@with_settings("detector", "device", "backend", "threads")
def recut(
    folder: Folder,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="New folder for the data set.")
    ],
    *,
    size: Annotated[int, typer.Option(min=32, max=1024, help="Side of the crops in px.")] = 96,
    template: Annotated[
        Literal["arcface", "fer"],
        typer.Option(help="Positions of eyes, nose and mouth in the crop."),
    ] = "fer",
    given: TypedSettings,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Copy a data set, and add to each picture its face, aligned as annotate aligns faces.

    For data sets of others, with one face in each picture. A picture without a detected face is
    only copied. OUT has the labels or votes of DIR, and faces.csv, so that `dataset split` keeps a
    picture and its crop together; a split.json of DIR is not copied.
    """
    with errors_in_one_line(debug):
        require("PIL", extra="dataset")
        from vidfx.cli.console import dataset_text as text
        from vidfx.cli.console.extract_text import ExtractConsole
        from vidfx.cli.console.results import write_object
        from vidfx.extract.recut import recut as run
        from vidfx.load_settings import load_settings
        from vidfx_engines.spec import CropSpec

        settings = load_settings({"recognition": "none", "emotion": "none"} | given)
        with ExtractConsole("pictures", quiet=quiet, debug=debug) as console:
            made = run(folder, out, CropSpec(template, size), settings, console)
        if as_json:
            write_object(made.as_json())
        elif not quiet:
            text.write_recut(made)
        raise typer.Exit(1 if made.unreadable else 0)


def _measure(data: Dataset) -> Measures:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from vidfx_training.dataset.measure import measure

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("measuring", total=len(data))
        return measure(data, lambda n: progress.update(task, completed=n))
