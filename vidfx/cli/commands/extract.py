"""`vidfx dataset extract`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.cli.options import AsJson, Debug, Quiet, TypedSettings, with_settings
from vidfx.errors import Interrupted, UsageError, VidfxError

if TYPE_CHECKING:
    from vidfx.jobs.outcomes import Outcome


@with_settings(
    "detector",
    "detector_size",
    "detector_threshold",
    "every",
    "start",
    "end",
    "device",
    "backend",
    "threads",
    detector_size="640, less for smaller photographs",
)
def extract(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Videos, photographs, folders of them, globs, or text files that list paths.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the data set.")
    ],
    *,
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="Label of all these faces.")
    ] = None,
    label_by_folder: Annotated[
        bool, typer.Option("--label-by-folder", help="The label is the name of a file's folder.")
    ] = False,
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE|DIR",
            help="Take boxes and labels from CVAT: annotations of the one video, or a folder with "
            "NAME.cvat.xml for each. Boxes on key frames are used.",
        ),
    ] = None,
    label_from: Annotated[
        str,
        typer.Option(
            metavar="ATTRIBUTE",
            help="With --from: attribute that is the label; label means CVAT's own label.",
        ),
    ] = "identity",
    size: Annotated[int, typer.Option(help="Side of the crops in px.")] = 224,
    template: Annotated[
        Literal["arcface", "fer"],
        typer.Option(help="Positions of eyes, nose and mouth in the crop."),
    ] = "arcface",
    per_second: Annotated[
        float, typer.Option(help="Maximum crops of each person per second, the best ones.")
    ] = 2.0,
    faces: Annotated[
        Literal["largest", "all"],
        typer.Option(help="largest: only the largest and most central face; or all."),
    ] = "largest",
    min_face: Annotated[float, typer.Option(help="Minimum shorter side of a face in px.")] = 40.0,
    min_quality: Annotated[
        float, typer.Option(help="Minimum of size, sharpness and frontality multiplied, 0 to 1.")
    ] = 0.1,
    limit: Annotated[
        int | None, typer.Option(help="Maximum crops of each source, evenly spread.")
    ] = None,
    given: TypedSettings,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Cut aligned faces out of videos and photographs into DIR/<label>/.

    \b
    vidfx dataset extract recordings/ana/ --label ana -o faces
    vidfx dataset extract recordings/ --label-by-folder -o faces
    vidfx dataset extract talk.mp4 --from talk.mp4.cvat.xml -o faces

    DIR/faces.csv says where each came from. Sources that were read before are skipped, so
    the same command continues where it ended, and another --label adds to the same DIR.
    """
    with errors_in_one_line(debug):
        from vidfx.cli.console.extract_text import ExtractConsole, ExtractResult
        from vidfx.extract.crop_selection import CropCriteria
        from vidfx.extract.extract import extract as run
        from vidfx.extract.request import ExtractRequest
        from vidfx.jobs.outcomes import exit_code
        from vidfx.load_settings import load_settings
        from vidfx_engines.spec import CropSpec

        outcomes: list[Outcome] = []
        counts: dict[str, int] = {}
        failure: VidfxError | None = None
        try:
            if sum((label is not None, label_by_folder, annotations is not None)) != 1:
                raise UsageError(
                    "one of --label, --label-by-folder and --from is needed",
                    hint="--label ana, or folders named after who is in them",
                )
            criteria = CropCriteria(
                crop=CropSpec(template, size),
                largest_only=faces == "largest",
                per_second=per_second,
                min_face=min_face,
                min_quality=min_quality,
                limit=limit,
            )
            settings = load_settings({"recognition": "none", "emotion": "none"} | given)
            request = ExtractRequest(
                criteria,
                settings,
                label,
                annotations,
                label_from,
                fit_detector="detector_size" not in given,
            )
            with ExtractConsole(quiet=quiet, debug=debug) as console:
                counts = run(inputs, out, request, console, outcomes)
        except VidfxError as error:
            failure = error
        except KeyboardInterrupt:
            failure = Interrupted()
        code = failure.exit_code if failure else exit_code(outcomes)
        result = ExtractResult(out, tuple(outcomes), counts, code, failure)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(result.as_json())
        elif not quiet:
            result.write()
        if failure:
            raise failure
        raise typer.Exit(code)
