"""`vidfx build-engine`."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vidfx.cli.guard import errors_in_one_line, require
from vidfx.cli.options import AsJson, Debug, Quiet
from vidfx.errors import UsageError
from vidfx_engines.built import BuiltFor, BuiltPrecision, HardwareCompatibility

if TYPE_CHECKING:
    from vidfx.cli.console.build_progress import BuildConsole
    from vidfx.compile.request import BuiltEngine


Precision = Literal["auto", BuiltPrecision]


def build_engine(
    model: Annotated[
        str,
        typer.Argument(
            help="A training's folder or checkpoint, an .onnx file with its spec, an .onnx file of "
            "a detector or, with --crop, of an embedding; or detector-embedded, centerface, "
            "emotion-embedded, emotion-embedded-8 or dlib-face.",
        ),
    ],
    backend: Annotated[
        BuiltFor, typer.Option(help="Library that will run the engine.")
    ] = "openvino",
    precision: Annotated[
        Precision,
        typer.Option(
            help="auto: for OpenVINO the fastest measured here; fp16 for TensorRT; fp32 for onnx."
        ),
    ] = "auto",
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Pictures like yours: faces in DIR/<label>/, or photographs for a detector; for "
            "an embedding faces in any folders. "
            "Some set the ranges of int8, the others measure its loss.",
        ),
    ] = None,
    max_drop: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Maximum loss of accuracy (without labels: of agreement with the source).",
        ),
    ] = 0.01,
    batch: Annotated[
        str,
        typer.Option(
            metavar="N,N,N", help="TensorRT: minimum, usual and maximum pictures per call."
        ),
    ] = "1,16,64",
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Usual input size of a detector, px.")
    ] = "640x384",
    crop: Annotated[
        Literal["arcface", "dlib"] | None,
        typer.Option(help="The .onnx file is an embedding, for faces that are cut in this way."),
    ] = None,
    hardware_compatibility: Annotated[
        HardwareCompatibility, typer.Option(help="TensorRT: which other GPUs may run the plan.")
    ] = "none",
    version_compatible: Annotated[
        bool,
        typer.Option("--version-compatible", help="TensorRT: later versions can run the plan."),
    ] = False,
    optimisation: Annotated[
        int, typer.Option(min=0, max=5, help="TensorRT: effort to find fast kernels, 0 to 5.")
    ] = 3,
    workspace: Annotated[
        float, typer.Option(metavar="GB", min=0.1, max=512, help="TensorRT: memory for the build.")
    ] = 4.0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File of the engine. Default: the user's cache, where annotate finds it.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compile a model for this machine: TensorRT on a GPU, OpenVINO on a CPU, or plain ONNX.

    \b
    vidfx build-engine runs/ana
    vidfx build-engine runs/ana --calibration faces/ --precision int8
    vidfx build-engine runs/ana --backend tensorrt

    The result is compared with the source model on pictures, and refused if it loses more than
    --max-drop.
    """
    with errors_in_one_line(debug):
        require("onnxruntime", "PIL", extra="build")
        from vidfx.cli.console.build_progress import BuildConsole
        from vidfx.compile.build import build_engine as build
        from vidfx.compile.request import BuildRequest

        with (
            tempfile.TemporaryDirectory(prefix="vidfx-") as folder,
            BuildConsole(quiet) as progress,
        ):
            request = BuildRequest(
                model=_onnx_of(model, Path(folder), progress),
                backend=backend,
                precision=precision,
                batch=_batch(batch),
                size=_size(size),
                calibration=calibration,
                max_drop=max_drop,
                out=out,
                optimisation=optimisation,
                workspace=int(workspace * 2**30),
                hardware_compatibility=hardware_compatibility,
                version_compatible=version_compatible,
                crop=crop,
            )
            built = build(request, progress)
        _report(built, as_json=as_json, quiet=quiet)


def _onnx_of(model: str, work: Path, progress: BuildConsole) -> Path:
    """The ONNX file that ``model`` means; a checkpoint is exported into ``work``."""
    from vidfx.engine_argument import find_engine

    path = Path(model)
    if path.suffix != ".safetensors":
        return find_engine(model)
    require("torch", "safetensors", "onnxscript", extra="train")
    from vidfx_training.checkpoint import load_checkpoint
    from vidfx_training.onnx_export.export import difference, export

    progress.step("exporting the checkpoint")
    checkpoint = load_checkpoint(path)
    spec = export(checkpoint, work)
    progress.say(f"torch and ONNX differ by {difference(checkpoint, spec, work):.1e} at most")
    return work / spec.weights


def _batch(text: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4}),(\d{1,4})", text)
    least, usual, most = map(int, found.groups()) if found else (0, 0, 0)
    if not 1 <= least <= usual <= most:
        raise UsageError(
            f"--batch {text}: three rising numbers are needed", hint="e.g. --batch 1,16,64"
        )
    return least, usual, most


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text)
    width, height = map(int, found.groups()) if found else (0, 0)
    if not found or width % 32 or height % 32 or not width * height:
        raise UsageError(
            f"--size {text}: WxH in multiples of 32 is needed", hint="e.g. --size 640x384"
        )
    return width, height


def _report(built: BuiltEngine, *, as_json: bool, quiet: bool) -> None:
    from vidfx.cli.console.tables import write_line

    if as_json:
        content: dict[str, Any] = {
            "schema": "vidfx.build-engine/1",
            "engine": str(built.path),
            "spec": json.loads(built.spec.to_json()),
            "parity": {name: parity.figures() for name, parity in built.parity.items()},
        }
        from vidfx.cli.console.results import write_object

        write_object(content)
    elif not quiet:
        write_line(str(built.path))
