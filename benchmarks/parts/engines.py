"""``python -m benchmarks engines --faces DIR``: every precision and backend of some models.

ResNet-18 at 112 and 224 px, VGG-16 at 224 px with its fully connected layers and with the slimmer
head, the embedded expression model and the models of ``--model``. DIR/<label>/ holds faces: some
set the ranges of int8, others are compared. Networks without a file have random weights: their
speed is that of trained ones, their agreement is of numbers and not of accuracy.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.measure import machine, table
from vidfx.compile import samples
from vidfx.compile.parity import compare, run_engine
from vidfx.compile.precisions import load_candidate
from vidfx.compile.speed import pictures_per_second
from vidfx_engines.backends.tensorrt_build import OnnxToTensorRT
from vidfx_engines.base import Engine
from vidfx_engines.building import (
    build_plan,
    cpu_precisions,
    with_precision,
)
from vidfx_engines.building import machine as build_machine
from vidfx_engines.built import BuiltFor, BuiltPrecision, Profile
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineError
from vidfx_engines.spec import EngineSpec, spec_path
from vidfx_training.checkpoint import Checkpoint
from vidfx_training.networks.classifier import build
from vidfx_training.onnx_export.export import export
from vidfx_training.recipe import Recipe, named_recipe

BATCH = 16
RANDOM = "random-"
LABELS = ("angry", "happy", "neutral", "sad")
NETS = {
    "ResNet-18, 112 px": ("emotion-resnet18-scratch", 112, "linear"),
    "ResNet-18, 224 px": ("emotion-resnet18-scratch", 224, "linear"),
    "VGG-16, 224 px, slim head": ("emotion-vggface", 224, "linear"),
    "VGG-16, 224 px, fc6 and fc7": ("emotion-vggface", 224, "fc"),
}
ON_CPU: tuple[tuple[BuiltFor, BuiltPrecision], ...] = (
    ("onnx", "fp32"),
    ("onnx", "int8"),
    ("openvino", "fp32"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
)
SIGNED: tuple[BuiltFor, BuiltPrecision] = ("tensorrt-rtx", "int8")
"""TensorRT's int8 file, which CPUs can run too: slower, and so the two files."""


@dataclass(frozen=True)
class Row:
    """One precision of one model on one backend."""

    name: str
    engine: Engine
    size_mb: float
    agreement: float
    difference: float
    accuracy: str


def models(folder: Path, named: list[Path], quick: bool) -> Iterator[tuple[str, EngineSpec, bytes]]:
    """(title, spec, ONNX file) of everything that is compared."""
    for path in (embedded("emotion-embedded"), *named):
        spec = EngineSpec.load(path)
        yield spec.name, spec, spec.read_weights(spec_path(path).parent)
    for title, (recipe, side, head) in list(NETS.items())[: 1 if quick else None]:
        chosen = named_recipe(recipe).resized(side).with_values(model={"head": head})
        yield title, *_random(replace(chosen, name=f"{RANDOM}{side}{head}"), folder)


def _random(recipe: Recipe, folder: Path) -> tuple[EngineSpec, bytes]:
    torch.manual_seed(0)
    net = build(recipe, len(LABELS)).eval()
    torch.nn.init.normal_(net.head.weight, std=0.5)
    spec = export(Checkpoint(net.state_dict(), recipe, LABELS, {}), folder)
    return spec, spec.read_weights(folder)


def rows(spec: EngineSpec, data: bytes, faces: samples.BuildSamples, work: Path) -> list[Row]:
    """Every precision on every CPU backend, loaded and compared; the first is the measure."""
    found: list[Row] = []
    before = None
    for backend, precision in (*ON_CPU, SIGNED):
        if backend == "openvino" and precision not in (*cpu_precisions(), "int8"):
            continue
        file = with_precision(spec, data, precision, backend, faces.calibration)
        runs_on = "openvino" if backend == "tensorrt-rtx" else backend
        engine = load_candidate(spec, file, runs_on, precision, work)
        now = run_engine(engine, faces.test)
        before = now if before is None else before
        parity = compare(before, now, faces.truth, spec.labels)
        kind = f"{precision}, signed" if backend == "tensorrt-rtx" else precision
        random = spec.name.startswith(RANDOM)  # its accuracy means nothing
        accuracy = f"{parity.accuracy[1]:.4f}" if parity.accuracy and not random else ""
        found.append(
            Row(f"{runs_on}, {kind}", engine, len(file) / 1e6, parity.agreement,
                parity.most_difference, accuracy)
        )  # fmt: skip
    return found


def plans(spec: EngineSpec, data: bytes, faces: samples.BuildSamples) -> list[list[str]]:
    """What TensorRT-RTX makes of it, which needs no GPU to build."""
    found: list[list[str]] = []
    assert spec.crop is not None
    crop = (3, spec.crop.size, spec.crop.size)
    how = OnnxToTensorRT(
        flavour="tensorrt-rtx",
        profile=Profile((1, *crop), (16, *crop), (64, *crop)),
        optimisation=3,
        workspace=4 << 30,
        hardware_compatibility="none",
        version_compatible=False,
    )
    for precision in ("fp32", "fp16", "bf16", "int8"):
        file = with_precision(spec, data, precision, "tensorrt-rtx", faces.calibration)
        started = time.perf_counter()
        plan, _ = build_plan(spec, file, how, build_machine("tensorrt-rtx"), _Silent())
        seconds = time.perf_counter() - started
        found.append(
            [f"TensorRT-RTX plan, {precision}", f"{len(plan) / 1e6:.1f}", f"{seconds:.1f}"]
        )
    return found


def _fewer(faces: samples.BuildSamples, limit: int) -> samples.BuildSamples:
    """At most some ``limit`` of each kind, evenly spread: VGG-16 is slow."""
    step = max(1, len(faces.test) // limit)
    return replace(
        faces,
        calibration=faces.calibration[:: max(1, len(faces.calibration) // limit)],
        test=faces.test[::step],
        truth=None if faces.truth is None else faces.truth[::step],
    )


class _Silent:
    def started(self, phase: str, steps: int) -> None: ...

    def advanced(self, phase: str, step: int) -> None: ...

    def finished(self, phase: str) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks engines", description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="DIR/<label>/pictures")
    parser.add_argument("--model", type=Path, action="append", default=[], help="more engines")
    parser.add_argument("--limit", type=int, default=512, help="pictures to compare")
    parser.add_argument("--quick", action="store_true", help="only the small ones")
    asked = parser.parse_args()
    say = sys.stdout.write
    say("# Precisions and backends\n\n")
    say(
        f"`{' '.join(['python -m benchmarks engines', *sys.argv[1:]])}`: medians of 7 runs in turn,"
    )
    say(f" batches of {BATCH}\n\n")
    say(table(["machine", ""], [[k, v] for k, v in machine().items()]) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for title, spec, data in models(work, asked.model, asked.quick):
            large = spec.crop is not None and spec.crop.size >= 200
            faces = _fewer(samples.faces(asked.faces, spec), 32 if large else asked.limit)
            found = rows(spec, data, faces, work)
            speed = pictures_per_second({r.name: r.engine for r in found}, faces.test[:BATCH])
            first = speed[found[0].name]
            say(f"\n## {title}\n\n{len(faces.test)} pictures compared, {faces.origin}\n\n")
            lines = [
                [r.name, f"{speed[r.name]:.0f}", f"{speed[r.name] / first:.2f}", f"{r.size_mb:.1f}",
                 f"{r.agreement:.4f}", f"{r.difference:.4f}", r.accuracy]
                for r in found
            ]  # fmt: skip
            head = [
                "",
                "pictures/s",
                "times ONNX Runtime fp32",
                "MB",
                "agreement",
                "most difference",
            ]
            say(table([*head, "accuracy"], lines) + "\n")
            for row in found:
                row.engine.close()
            try:
                built = plans(spec, data, faces)
            except EngineError as error:
                say(f"\nTensorRT-RTX: {error}\n")
            else:
                say("\n" + table(["built here, not run: no GPU", "MB", "s to build"], built) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
