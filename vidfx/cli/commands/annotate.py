"""`vidfx annotate`: its options. What it does stands in vidfx.run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidfx.cli.guard import errors_in_one_line
from vidfx.errors import Interrupted, VidfxError

if TYPE_CHECKING:
    from vidfx.config import Settings


class ProgressKind(StrEnum):
    auto = "auto"
    bar = "bar"
    text = "text"
    jsonl = "jsonl"
    none = "none"


def annotate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Videos, folders, globs, s3:// or gs:// URLs, or text files that list them.",
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", help="Folder for the results, or a URL of storage.")
    ],
    detector: Annotated[
        str | None,
        typer.Option(
            help="embedded (default), centerface, an ONNX file (SCRFD, YuNet, CenterFace), "
            "or an insightface pack such as buffalo_s."
        ),
    ] = None,
    detector_size: Annotated[
        int | None,
        typer.Option(help="Long side in px of the picture the detector sees (default 640)."),
    ] = None,
    detector_threshold: Annotated[
        float | None, typer.Option(help="Least score of a face (default: the detector's own).")
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            help="Detect on every Nth frame; between, fill from both sides (default: 5 a second)."
        ),
    ] = None,
    recognition: Annotated[
        str | None,
        typer.Option(help="Identity ENGINE (a file or a run's folder), or none (default)."),
    ] = None,
    emotion: Annotated[
        str | None,
        typer.Option(
            help="Expression ENGINE (a file or a run's folder), embedded (default), or none."
        ),
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(help="default, none, or a TOML or JSON FILE of texts by expression."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto (default), cpu, cuda or cuda:N.")] = None,
    backend: Annotated[
        str | None,
        typer.Option(help="auto (default), openvino, onnxruntime, tensorrt or tensorrt-rtx."),
    ] = None,
    reader: Annotated[
        str | None,
        typer.Option(
            help="auto (default), decord or pyav; on a GPU decord-cuda, nvcodec or pyav-cuda."
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Begin at this time: seconds or [HH:]MM:SS[.mmm].")
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="End before this time: seconds or [HH:]MM:SS[.mmm].")
    ] = None,
    video: Annotated[
        bool | None, typer.Option("--video/--no-video", help="Write the annotated video or not.")
    ] = None,
    crf: Annotated[
        int | None, typer.Option(help="Quality of the video, 0 to 51 (default 23).")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="x264 preset, ultrafast to veryslow (default veryfast).")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="auto (default), x264 or nvenc, the GPU's own.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads of the engines (default: all cores).")
    ] = None,
    overwrite: Annotated[
        bool | None, typer.Option("--overwrite", help="Write over existing results.")
    ] = None,
    jobs: Annotated[
        str | None,
        typer.Option(help="Videos at once: auto (default: by cores, GPUs and memory) or a number."),
    ] = None,
    segments: Annotated[
        str | None,
        typer.Option(
            help="Cut each video into so many parts that are done side by side: "
            "1 (default), a number, or auto (for long videos on many cores)."
        ),
    ] = None,
    stall_timeout: Annotated[
        str | None,
        typer.Option(help="End a video that makes no progress for so long (default 300 s)."),
    ] = None,
    grace: Annotated[
        str | None,
        typer.Option(help="After SIGTERM, time for videos at hand to end (default 5 s)."),
    ] = None,
    max_memory: Annotated[
        float | None,
        typer.Option(help="GB for all processes together (default: 4/5 of what is free)."),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(help="local (default), or ray: the same jobs on the nodes of a Ray cluster."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster: auto (default) or HOST:PORT.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout at the end.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    progress: Annotated[
        ProgressKind, typer.Option(help="How progress is shown, on stderr.")
    ] = ProgressKind.auto,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Annotate videos: boxes, tracks, names and expressions, drawn and as CSV.

    For each input, below OUT: NAME.annotated.mp4, NAME.faces.csv, NAME.frames.csv and, written
    last, NAME.summary.json.
    """
    given: dict[str, Any] = {
        "detector": detector,
        "detector_size": detector_size,
        "detector_threshold": detector_threshold,
        "every": every,
        "recognition": recognition,
        "emotion": emotion,
        "messages": messages,
        "device": device,
        "backend": backend,
        "reader": reader,
        "start": start,
        "end": end,
        "video": video,
        "crf": crf,
        "preset": preset,
        "encoder": encoder,
        "threads": threads,
        "overwrite": overwrite,
        "jobs": jobs,
        "segments": segments,
        "stall_timeout": stall_timeout,
        "grace": grace,
        "max_memory": max_memory,
        "executor": executor,
        "address": address,
    }
    with errors_in_one_line(debug):
        from vidfx.load_settings import load_settings

        run_and_tell(
            *(inputs, out),
            lambda: load_settings({k: v for k, v in given.items() if v is not None}),
            progress="none" if quiet else progress.value,
            dry_run=dry_run,
            as_json=as_json,
            debug=debug,
        )


def run_and_tell(
    inputs: Sequence[str],
    out: str,
    settings: Callable[[], Settings],
    *,
    progress: str,
    dry_run: bool = False,
    as_json: bool = False,
    debug: bool = False,
    keep: Collection[str] = (),
) -> None:
    """Run, show how it goes, tell the results; ends with the exit code."""
    from vidfx.cli.console.render import renderer_for
    from vidfx.cli.console.results import write_outcomes, write_plan
    from vidfx.jobs.outcomes import Outcome, exit_code
    from vidfx.run.batch import annotate as run

    outcomes: list[Outcome] = []
    failure: VidfxError | None = None
    left_out: list[str] = []
    try:
        with renderer_for(progress, debug=debug) as renderer:
            left_out = renderer.left_out
            run(
                *(inputs, out, settings(), renderer.handle),
                dry_run=dry_run,
                outcomes=outcomes,
                keep=keep,
            )
    except VidfxError as error:
        failure = error
    except KeyboardInterrupt:
        failure = Interrupted()
    code = failure.exit_code if failure else exit_code(outcomes)
    if as_json:
        write_outcomes(outcomes, code, failure, left_out)
    elif dry_run and progress != "none":
        write_plan(outcomes)
    if failure:
        raise failure
    raise typer.Exit(code)
