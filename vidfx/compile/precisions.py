"""The source in each wanted precision: what that loses, and which is fastest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vidfx.compile.parity import EngineOutputs, Parity, compare, run_engine
from vidfx.compile.request import BuildProgress, BuildRequest, RefusedError
from vidfx.compile.samples import BuildSamples
from vidfx.compile.speed import pictures_per_second
from vidfx.errors import UsageError
from vidfx_engines.base import Engine, Precision
from vidfx_engines.building import TENSORRT, cpu_precisions, with_precision
from vidfx_engines.built import BuiltFor, BuiltPrecision
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec

SPEED_BATCH = 16
"""Pictures per call when precisions are timed against each other."""
AS_WRITTEN = "as written"
"""ONNX Runtime without its int8 kernels, whose sums overflow on some processors: it gives what a
graph gives on a GPU, and what a source gives anywhere."""


@dataclass(frozen=True)
class PrecisionCandidate:
    """The source in one precision, and what that loses."""

    precision: BuiltPrecision
    data: bytes
    "an ONNX file"
    parity: Parity


def wanted_precisions(request: BuildRequest) -> tuple[BuiltPrecision, ...]:
    """The precisions to try. Raises UsageError where the backend does not compute in one."""
    backend, precision = request.backend, request.precision
    if precision == "auto":
        if backend == "openvino":
            int8: tuple[BuiltPrecision, ...] = ("int8",) if request.calibration else ()
            return (*cpu_precisions(), *int8)
        return ("fp32",) if backend == "onnx" else ("fp16",)
    if (backend, precision) == ("onnx", "bf16"):
        raise UsageError(
            "ONNX Runtime does not compute in bf16 on a CPU",
            hint="use --precision fp16, or --backend openvino",
        )
    if (backend, precision) == ("openvino", "fp16"):
        raise UsageError(
            "OpenVINO does not compute in fp16 on a CPU", hint="use --precision bf16, or auto"
        )
    return (precision,)


def try_precisions(
    request: BuildRequest,
    spec: EngineSpec,
    source: bytes,
    wanted: Sequence[BuiltPrecision],
    samples: BuildSamples,
    work: Path,
    progress: BuildProgress,
) -> list[PrecisionCandidate]:
    """Make every wanted precision of ``source``, an ONNX file, and compare it with the source.

    A candidate runs on the library that will run the engine, where this machine has it. Raises
    EngineError.
    """
    progress.step("the source on ONNX Runtime")
    before = _outputs(spec, source, AS_WRITTEN, "fp32", samples, work)
    made: list[PrecisionCandidate] = []
    for precision in wanted:
        progress.step(precision)
        data = with_precision(spec, source, precision, request.backend, samples.calibration)
        runs_on = _compared_on(request.backend, precision)
        after = _outputs(spec, data, runs_on, precision, samples, work)
        parity = compare(before, after, samples.truth, spec.labels)
        progress.compared(precision, parity)
        made.append(PrecisionCandidate(precision, data, parity))
    return made


def _compared_on(backend: BuiltFor, precision: BuiltPrecision) -> str:
    """What runs, on this machine, a candidate for an engine of ``backend``."""
    if precision == "bf16":  # ONNX Runtime does not compute in it
        return "openvino"
    return AS_WRITTEN if backend in TENSORRT else backend


def load_candidate(
    spec: EngineSpec, data: bytes, backend: str, precision: BuiltPrecision, work: Path
) -> Engine:
    """The ONNX file ``data`` as an engine on the CPU, which needs the folder ``work``.

    ``backend`` is onnx, openvino, which computes in ``precision``, or AS_WRITTEN.
    """
    kinds: dict[str, Precision] = {"fp32": "f32", "bf16": "bf16"}
    asked: Precision = "f32" if backend == AS_WRITTEN else "auto"
    digest = hashlib.sha256(data).hexdigest()
    path = work / f"{digest[:16]}.onnx"
    path.write_bytes(data)
    on_openvino = backend == "openvino"
    return select(
        path,
        spec=replace(spec, weights=path.name, sha256=digest),
        device="cpu",
        backend=backend if on_openvino else "onnxruntime",
        precision=kinds.get(precision, "auto") if on_openvino else asked,
    ).engine


def _outputs(
    spec: EngineSpec,
    data: bytes,
    backend: str,
    precision: BuiltPrecision,
    samples: BuildSamples,
    work: Path,
) -> EngineOutputs:
    engine = load_candidate(spec, data, backend, precision, work)
    try:
        return run_engine(engine, samples.test)
    finally:
        engine.close()


def good_enough(
    request: BuildRequest, spec: EngineSpec, candidates: Sequence[PrecisionCandidate]
) -> list[PrecisionCandidate]:
    """Those that lose no more than ``max_drop``. Raises RefusedError where there is none."""
    kept = [c for c in candidates if c.parity.drop <= request.max_drop]
    if kept:
        return kept
    least = min(candidates, key=lambda c: c.parity.drop)
    if least.parity.faulty:
        raise RefusedError(
            f"{spec.name}: {least.precision} gives invalid probabilities for"
            f" {least.parity.faulty} of {least.parity.pictures} pictures",
            hint="use another --precision: fp16 holds no number above 65504",
        )
    lost = "accuracy" if least.parity.accuracy else "agreement with the source"
    raise RefusedError(
        f"{spec.name}: {least.precision} loses {least.parity.drop:.4f} of {lost},"
        f" more than --max-drop {request.max_drop:g}",
        hint="give more and better --calibration pictures, another --precision, or"
        " a larger --max-drop",
    )


def fastest(
    spec: EngineSpec, candidates: Sequence[PrecisionCandidate], samples: BuildSamples, work: Path
) -> tuple[PrecisionCandidate, dict[str, float]]:
    """The candidate that is fastest in OpenVINO on this processor; pictures per second of each."""
    engines = {
        c.precision: load_candidate(spec, c.data, "openvino", c.precision, work) for c in candidates
    }
    try:
        speed = pictures_per_second(engines, samples.test[:SPEED_BATCH])
    finally:
        for engine in engines.values():
            engine.close()
    return max(candidates, key=lambda c: speed[c.precision]), speed
