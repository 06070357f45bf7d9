"""`vidfx dataset extract`: its options. What it does stands in vidfx.extract.extract."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidfx.cli.guard import errors_in_one_line, with_exit_code
from vidfx.errors import Interrupted, UsageError, VidfxError

if TYPE_CHECKING:
    from vidfx.jobs.outcomes import Outcome


class Template(StrEnum):
    arcface = "arcface"
    fer = "fer"


class FacesKind(StrEnum):
    largest = "largest"
    all = "all"


def extract(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Videos, photographs, folders of them, globs, or text files that list paths.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The data set.")],
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="What all these faces are.")
    ] = None,
    label_by_folder: Annotated[
        bool, typer.Option("--label-by-folder", help="The label is the name of a file's folder.")
    ] = False,
    size: Annotated[int, typer.Option(help="Side of the crops in px.")] = 224,
    template: Annotated[
        Template, typer.Option(help="Where eyes, nose and mouth stand in the crop.")
    ] = Template.arcface,
    per_second: Annotated[
        float, typer.Option(help="At most so many crops a second of each person, the best ones.")
    ] = 2.0,
    faces: Annotated[
        FacesKind,
        typer.Option(help="The largest and most central one, as the label means one, or all."),
    ] = FacesKind.largest,
    min_face: Annotated[float, typer.Option(help="Shorter side of a face in px.")] = 40.0,
    min_quality: Annotated[
        float, typer.Option(help="Size, sharpness and frontality multiplied, 0 to 1.")
    ] = 0.1,
    limit: Annotated[
        int | None, typer.Option(help="At most so many crops of each source, evenly spread.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="embedded (default), centerface, an ONNX file, or a pack.")
    ] = None,
    detector_size: Annotated[
        int | None,
        typer.Option(
            help="Long side in px of the picture the detector sees "
            "(default 640; less for smaller photographs)."
        ),
    ] = None,
    detector_threshold: Annotated[
        float | None, typer.Option(help="Least score of a face (default: the detector's own).")
    ] = None,
    every: Annotated[
        int | None, typer.Option(help="Look at every Nth frame of a video (default 1).")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Begin videos at: seconds or [HH:]MM:SS[.mmm].")
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="End videos before: seconds or [HH:]MM:SS[.mmm].")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto (default), cpu, cuda or cuda:N.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="auto (default), openvino or onnxruntime.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads of the detector (default: all cores).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout at the end.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Cut aligned faces out of videos and photographs into DIR/<label>/.

    DIR/faces.csv says where each came from. Sources that were looked at before are skipped, so
    the same command goes on where it ended, and another --label adds to the same DIR.
    """
    given: dict[str, Any] = {
        "recognition": "none",
        "emotion": "none",
        "detector": detector,
        "detector_size": detector_size,
        "detector_threshold": detector_threshold,
        "every": every,
        "start": start,
        "end": end,
        "device": device,
        "backend": backend,
        "threads": threads,
    }
    with errors_in_one_line(debug):
        from vidfx.cli.console.extract_text import Result, Screen
        from vidfx.extract.crop_selection import Criteria
        from vidfx.extract.extract import Request
        from vidfx.extract.extract import extract as run
        from vidfx.jobs.outcomes import exit_code
        from vidfx.load_settings import load_settings
        from vidfx_engines.spec import CropSpec

        outcomes: list[Outcome] = []
        counts: dict[str, int] = {}
        failure: VidfxError | None = None
        try:
            if (label is None) != label_by_folder:
                raise UsageError(
                    "one of --label and --label-by-folder is needed",
                    hint="--label ana, or folders named after who is in them",
                )
            criteria = Criteria(
                crop=CropSpec(template.value, size),
                faces=faces.value,
                per_second=per_second,
                min_face=min_face,
                min_quality=min_quality,
                limit=limit,
            )
            settings = load_settings({k: v for k, v in given.items() if v is not None})
            request = Request(criteria, settings, label, fit_detector=detector_size is None)
            with Screen(quiet=quiet, debug=debug) as screen:
                counts = run(inputs, out, request, screen, outcomes)
        except Exception as error:
            known = with_exit_code(error)
            if not isinstance(known, VidfxError):
                raise
            failure = known
        except KeyboardInterrupt:
            failure = Interrupted()
        code = failure.exit_code if failure else exit_code(outcomes)
        result = Result(out, tuple(outcomes), counts, code, failure)
        if as_json:
            from vidfx.cli.console.results import write_object

            write_object(result.as_json())
        elif not quiet:
            result.write()
        if failure:
            raise failure
        raise typer.Exit(code)
