"""Commands and their options. What a command does stands in vidfx.run."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vidfx.errors import Interrupted, VidfxError

app = typer.Typer(
    name="vidfx",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class ProgressKind(StrEnum):
    auto = "auto"
    bar = "bar"
    text = "text"
    jsonl = "jsonl"
    none = "none"


def _version(asked: bool) -> None:
    if asked:
        import vidfx

        typer.echo(f"vidfx {vidfx.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Find, follow, name and read faces in videos. Everything stays on this machine.

    Exit codes: 0 all done, 1 some input failed, 2 usage, 3 nothing readable, 4 device, backend or
    engine not available, 130 interrupted.
    """


@app.command()
def annotate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Videos, folders, globs, or text files that list paths."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    detector: Annotated[
        str | None,
        typer.Option(
            help="centerface (default), an ONNX file (SCRFD, YuNet, CenterFace), "
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
        typer.Option(help="Detect on every Nth frame; between, fill from both sides (default 1)."),
    ] = None,
    recognition: Annotated[
        str | None, typer.Option(help="Identity ENGINE, or none (default).")
    ] = None,
    emotion: Annotated[
        str | None, typer.Option(help="Expression ENGINE, embedded (default), or none.")
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(help="default, none, or a TOML or JSON FILE of texts by expression."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto (default), cpu, cuda or cuda:N.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="auto (default), openvino or onnxruntime.")
    ] = None,
    reader: Annotated[str | None, typer.Option(help="auto (default), decord or pyav.")] = None,
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
    threads: Annotated[
        int | None, typer.Option(help="Threads of the engines (default: all cores).")
    ] = None,
    overwrite: Annotated[
        bool | None, typer.Option("--overwrite", help="Write over existing results.")
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
        "threads": threads,
        "overwrite": overwrite,
    }
    with _errors_in_one_line(debug):
        from vidfx.cli.render import listener_for, write_json, write_plan
        from vidfx.config import load_settings
        from vidfx.run.batch import Outcome, exit_code
        from vidfx.run.batch import annotate as run

        outcomes: list[Outcome] = []
        failure: VidfxError | None = None
        try:
            settings = load_settings({k: v for k, v in given.items() if v is not None})
            with listener_for("none" if quiet else progress.value, debug=debug) as listener:
                run(inputs, out, settings, listener, dry_run=dry_run, outcomes=outcomes)
        except VidfxError as error:
            failure = error
        except KeyboardInterrupt:
            failure = Interrupted()
        code = failure.exit_code if failure else exit_code(outcomes)
        if as_json:
            write_json(outcomes, code, failure)
        elif dry_run and not quiet:
            write_plan(outcomes)
        if failure:
            raise failure
        raise typer.Exit(code)


class _errors_in_one_line:  # noqa: N801 - reads as a clause of the with statement
    """End the process with the error's line, hint and exit code."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug

    def __enter__(self) -> None:
        signal.signal(signal.SIGTERM, _terminated)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, KeyboardInterrupt):
            error = Interrupted()
        if isinstance(error, BrokenPipeError):  # who read our output has left
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1)
        if isinstance(error, VidfxError):
            if self.debug:
                traceback.print_exception(error)
            from vidfx.cli.render import write_error

            write_error(error)
            raise typer.Exit(error.exit_code)
        if isinstance(error, Exception) and not isinstance(error, typer.Exit) and not self.debug:
            from vidfx.cli.render import write_error

            line = f"unexpected {type(error).__name__}: {error}"
            write_error(VidfxError(line, hint="please report it, with the output of --debug"))
            raise typer.Exit(1)


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """The console command."""
    app()
