"""`vidfx people`: galleries of people, and their names in finished results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.help import GroupedCommand, SentenceGroup
from vidfx.cli.options import AsJson, Debug, Places, Quiet, TypedSettings, with_settings

people = typer.Typer(
    cls=SentenceGroup,
    name="people",
    help="Say who people are by a few pictures of each: galleries, and names in results.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
GalleryFolder = Annotated[
    Path, typer.Option("--gallery", "-g", metavar="DIR", help="Folder of the gallery.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")]


@people.command(cls=GroupedCommand)
@with_settings("detector", "detector_size", "detector_threshold", "device", "backend", "threads")
def add(
    name: Name,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE|VIDEO...",
            help="Pictures and videos that show the person; folders of them, globs.",
        ),
    ],
    gallery: GalleryFolder,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Embedding of faces: dlib-face, an insightface pack such as buffalo_l, whose "
            "licence is non-commercial, or an ONNX file of ArcFace's kind. Default: the "
            "gallery's, dlib-face in a new one.",
        ),
    ] = None,
    crop: Annotated[
        Literal["arcface", "dlib"] | None,
        typer.Option(help="How faces are cut for an ONNX file without a spec. Default: arcface."),
    ] = None,
    min_face: Annotated[float, typer.Option(help="Minimum shorter side of a face in px.")] = 40.0,
    track: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="The person's track in a video that shows several people."),
    ] = None,
    keep_unlike: Annotated[
        bool, typer.Option("--keep-unlike", help="Add also pictures that are unlike the others.")
    ] = False,
    given: TypedSettings,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add somebody to a gallery, or more pictures of somebody.

    \b
    vidfx people add Ana ana1.jpg ana2.jpg ana3.jpg -g people
    vidfx people add Ana interview.mp4 -g people

    Pictures that do not help are rejected, with the reason: no face, several faces, too small,
    blurred, turned away, unlike the person's others, added before. A gallery is biometric data:
    the folder is private to you, and `vidfx people remove` deletes a person.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.extract_text import ExtractConsole
        from vidfx.cli.console.people_text import write_enrolled
        from vidfx.enrol.add import add as run
        from vidfx.enrol.request import EnrolRequest
        from vidfx.jobs.outcomes import exit_code
        from vidfx.load_settings import load_settings

        settings = load_settings({"recognition": "none", "emotion": "none"} | given)
        request = EnrolRequest(
            name,
            inputs,
            gallery,
            settings,
            model,
            crop,
            min_face,
            tuple(track or ()),
            keep_unlike,
        )
        with ExtractConsole("inputs", quiet=quiet, debug=debug) as console:
            enrolled = run(request, console)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(enrolled.as_json())
        elif not quiet:
            write_enrolled(enrolled)
        raise typer.Exit(1 if exit_code(enrolled.failed) else 0)


@people.command("list", cls=GroupedCommand)
def list_people(gallery: GalleryFolder, as_json: AsJson = False, debug: Debug = False) -> None:
    """List the people of a gallery, with their pictures and what was rejected."""
    with errors_in_one_line(debug):
        from vidfx.cli.console.people_text import gallery_json, write_gallery
        from vidfx.people.gallery import Gallery

        found = Gallery.read(gallery)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(gallery_json(found))
        else:
            write_gallery(found)


@people.command(cls=GroupedCommand)
def remove(name: Name, gallery: GalleryFolder, debug: Debug = False) -> None:
    """Delete somebody from a gallery: name, embeddings, thumbnails.

    Results that were made with it are not changed: `vidfx people forget` does that too.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.enrol.remove import remove as run

        removed, pictures = run(name, gallery)
        write_line(f"{removed}: removed, with {pictures} faces")


@people.command(cls=GroupedCommand)
def forget(
    name: Name,
    places: Places,
    gallery: Annotated[
        Path | None,
        typer.Option("--gallery", "-g", metavar="DIR", help="Folder of the gallery, if any."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Take somebody out of a gallery and out of finished results, which then name nobody there.

    \b
    vidfx people forget Ana -g people results

    Changed are names and embeddings: NAME.people.json, NAME.embeddings.npz, the CSVs, summaries,
    people.groups.json, corrections, photographs' tables, and the tables and the report. The person
    is `other` from then on. Results stay done for the next run of annotate. Videos and pictures in
    which the name is drawn, clips and exports are not changed: they are listed, to be deleted or
    made again. Exit code 1 if something could not be changed.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.people_text import write_forgotten
        from vidfx.forget.forget import forget as run
        from vidfx.forget.request import ForgetRequest

        done = run(ForgetRequest(name, places, gallery, dry_run))
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(done.as_json())
        else:
            write_forgotten(done)
        raise typer.Exit(1 if done.failed else 0)


@people.command(cls=GroupedCommand)
def check(gallery: GalleryFolder, as_json: AsJson = False, debug: Debug = False) -> None:
    """Find what is wrong with a gallery; change nothing. Exit code 1 if there is a problem.

    Missing files, another model than now, people who look alike to the model, pictures that are
    unlike the person's others, people with fewer than three pictures.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.tables import write_line
        from vidfx.enrol.check import check as run

        problems = run(gallery)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object({"schema": "vidfx.people.check/1", "problems": problems})
        else:
            for line in problems or ["no problem was found"]:
                write_line(line)
        raise typer.Exit(bool(problems))


@people.command(cls=GroupedCommand)
def group(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of `vidfx annotate`.")],
    *,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="COSINE",
            min=-1,
            max=1,
            help="From this cosine on, tracks are of one person. Default: that of the model.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Give the strangers of a folder names that are the same in all of its videos: "Person 3".

    \b
    vidfx people group results

    By the embeddings that `annotate --embeddings` kept. Tracks with little to compare, and those
    like two people, get no name. When videos are added, run it again: people keep their names.
    Corrections (docs/corrections.md) count more: rename, merge, not.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.outcomes import GroupConsole
        from vidfx.identify.group import group as run

        console = GroupConsole("vidfx.people.group/1", quiet=quiet, debug=debug, as_json=as_json)
        raise typer.Exit(console.end(run(out, threshold, console.report)))


@people.command(cls=GroupedCommand)
def identify(
    places: Places,
    gallery: GalleryFolder,
    target_far: Annotated[
        float, typer.Option(help="Share of strangers who may get a name.", min=1e-6, max=0.5)
    ] = 0.001,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Name the people of finished videos, from the embeddings that `annotate --embeddings` kept.

    \b
    vidfx people identify results -g people

    Nothing is decoded. The CSVs stay as they are: the names are in NAME.people.json, and render,
    report, tables and export use them. Corrections count more.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.results import write_object
        from vidfx.cli.console.tables import write_line, write_table
        from vidfx.cli.console.text import say
        from vidfx.identify.by_gallery import identify as run

        done = run(places, gallery, target_far)
        if as_json:
            write_object({"schema": "vidfx.identified/1"} | vars(done))
        else:
            write_table(("name", "tracks"), sorted(done.people.items()))
            counts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(done.verdicts.items()))
            write_line(f"{done.videos} videos; tracks: {counts or 'none'}")
            if done.without:
                say(f"warning: {done.without} videos have no embeddings (annotate --embeddings)")
        for line in done.damaged:
            say(f"warning: {line}")
        raise typer.Exit(1 if done.damaged else 0)
