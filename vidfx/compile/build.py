"""Build one engine: precision into the graph, compare with the source, refuse or build, write.

Nothing gets its name before it is whole, and nothing that lost more than it may is built.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import vidfx
from vidfx.compile import samples
from vidfx.compile.samples import Samples
from vidfx.errors import OutputError, UnavailableError, UsageError
from vidfx.evaluate.parity import Parity, Said, compare, said
from vidfx.evaluate.speed import pictures_per_second
from vidfx_engines.base import Engine, Precision
from vidfx_engines.building import (
    TENSORRT,
    HardwareCompatibility,
    OnnxToTensorRT,
    Profile,
    build_plan,
    cpu_precisions,
    flavour_of,
    machine,
    with_precision,
)
from vidfx_engines.built import Build, BuiltFor, BuiltPrecision
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.files import DEFAULT_MODE, write_atomically
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec, spec_path
from vidfx_engines.store import place
from vidfx_engines.user_cache import CACHE_HINT, PRIVATE_FILE, make_private

SPEED_BATCH = 16
"""Pictures to a call when precisions are timed against each other."""
AS_WRITTEN = "as written"
"""ONNX Runtime without its int8 kernels, whose sums overflow on some processors: what a graph says
on a GPU, and a source anywhere."""


@dataclass(frozen=True)
class Request:
    """What ``vidfx build-engine`` was asked for."""

    model: Path
    "an ONNX file, with its spec or of a known detector family"
    backend: BuiltFor
    precision: Literal["auto"] | BuiltPrecision = "auto"
    batch: tuple[int, int, int] = (1, 16, 64)
    "the least, the usual and the most pictures to a call"
    size: tuple[int, int] = (640, 384)
    "px, (width, height) of a detector's usual input"
    calibration: Path | None = None
    max_drop: float = 0.01
    out: Path | None = None
    "the engine's file; None keeps it in the user's cache, where annotate finds it"
    optimisation: int = 3
    workspace: int = 4 << 30
    "bytes"
    hardware_compatibility: HardwareCompatibility = "none"
    version_compatible: bool = False


class Watcher:
    """Is told what goes on; this one keeps it to itself. Phases are TensorRT's own."""

    def step(self, text: str) -> None: ...

    def say(self, text: str) -> None: ...

    def compared(self, precision: str, parity: Parity) -> None: ...

    def started(self, phase: str, steps: int) -> None: ...

    def advanced(self, phase: str, step: int) -> None: ...

    def finished(self, phase: str) -> None: ...


@dataclass(frozen=True)
class Variant:
    """The source in one precision, and what that cost."""

    precision: BuiltPrecision
    data: bytes
    "an ONNX file"
    parity: Parity


@dataclass(frozen=True)
class Built:
    """What came out."""

    path: Path
    spec: EngineSpec
    parity: Mapping[str, Parity] = field(default_factory=dict[str, Parity])
    "by precision, of all that were tried"


class RefusedError(UnavailableError):
    """Every precision that was asked for loses more than it may."""


def build_engine(request: Request, watcher: Watcher) -> Built:
    """Raises EngineError, UsageError, DataError, RefusedError, OutputError, KeyboardInterrupt."""
    spec = _spec_of(request.model)
    source = spec.read_weights(request.model.parent)
    wanted = _wanted(request)
    here = machine(request.backend)
    found = _samples(request, spec, wanted)
    watcher.say(f"pictures: {found.told}")
    with tempfile.TemporaryDirectory(prefix="vidfx-") as folder:
        work = Path(folder)
        variants = _variants(request, spec, source, wanted, found, work, watcher)
        kept = _kept(request, spec, variants)
        chosen, speed = kept[0], dict[str, float]()
        if request.backend == "openvino":
            watcher.step("timing the precisions against each other")
            chosen, speed = _fastest(spec, kept, found, work)
            told = ", ".join(f"{name} {value:.0f}/s" for name, value in speed.items())
            watcher.say(f"{chosen.precision} it is: {told}, on {here.device}")
    build = Build(
        backend=request.backend,
        precision=chosen.precision,
        source_sha256=spec.sha256,
        vidfx=vidfx.__version__,
        library=here.library,
        device=here.device,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        compute_capability=here.compute_capability,
        driver=here.driver,
        hardware_compatibility=request.hardware_compatibility,
        version_compatible=request.version_compatible,
        profile=_profile(request, spec),
        calibration=found.told if chosen.precision == "int8" else "",
        compared=found.told,
        parity=chosen.parity.figures(),
        speed={name: round(value, 1) for name, value in speed.items()},
    )
    data = chosen.data
    if build.profile is not None:
        watcher.step(f"building with {request.backend} {here.library}")
        how = OnnxToTensorRT(
            flavour_of(request.backend),
            build.profile,
            request.optimisation,
            request.workspace,
            request.hardware_compatibility,
            request.version_compatible,
        )
        data, warnings = build_plan(spec, data, how, here, watcher)
        for warning in warnings:
            watcher.say(f"{request.backend}: {warning}")
    watcher.step("writing")
    path, spec = _write(request, spec, data, build)
    return Built(path, spec, {v.precision: v.parity for v in variants})


def _spec_of(model: Path) -> EngineSpec:
    """Raises EngineFileError, and UsageError for what was built before."""
    if model.suffix == ".onnx" and model.is_file() and not spec_path(model).exists():
        return detector_spec_for(model)
    spec = EngineSpec.load(model)
    if spec.build is not None:
        raise UsageError(
            f"{model}: was built already, in {spec.build.precision} for {spec.build.backend}",
            hint="name the model that it was built from",
        )
    return spec


def _wanted(request: Request) -> tuple[BuiltPrecision, ...]:
    """The precisions to try. Raises UsageError."""
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


def _samples(request: Request, spec: EngineSpec, wanted: Sequence[str]) -> Samples:
    if "int8" in wanted:
        samples.needs_folder(request.calibration)
    if request.calibration is None:
        return samples.made(spec, request.size)
    if spec.task == "detection":
        return samples.frames(request.calibration, request.size)
    return samples.faces(request.calibration, spec)


def _profile(request: Request, spec: EngineSpec) -> Profile | None:
    """The shapes of a plan. A detector's sides may be anything up to the longer of ``size``."""
    if request.backend not in ("tensorrt", "tensorrt-rtx"):
        return None
    least, usual, most = request.batch
    if spec.crop is not None:
        crop = (3, spec.crop.size, spec.crop.size)
        return Profile((least, *crop), (usual, *crop), (most, *crop))
    width, height = request.size
    longer = max(width, height)
    return Profile(
        (least, 3, min(128, height), min(128, width)),
        (usual, 3, height, width),
        (most, 3, longer, longer),
    )


def _variants(
    request: Request,
    spec: EngineSpec,
    source: bytes,
    wanted: Sequence[BuiltPrecision],
    found: Samples,
    work: Path,
    watcher: Watcher,
) -> list[Variant]:
    """Every precision with what it loses, run where it will run if that can be had here."""
    watcher.step("the source on ONNX Runtime")
    before = _say(spec, source, AS_WRITTEN, "fp32", found, work)
    made: list[Variant] = []
    for precision in wanted:
        watcher.step(precision)
        data = with_precision(spec, source, precision, request.backend, found.calibration)
        after = _say(spec, data, _through(request.backend, precision), precision, found, work)
        parity = compare(before, after, found.truth, spec.labels)
        watcher.compared(precision, parity)
        made.append(Variant(precision, data, parity))
    return made


def _through(backend: BuiltFor, precision: BuiltPrecision) -> str:
    """What on this machine says what an engine for ``backend`` will say."""
    if precision == "bf16":  # ONNX Runtime does not compute in it
        return "openvino"
    return AS_WRITTEN if backend in TENSORRT else backend


def load_variant(
    spec: EngineSpec, data: bytes, backend: str, precision: BuiltPrecision, work: Path
) -> Engine:
    """The ONNX file ``data`` as an engine on the CPU, for as long as the folder ``work`` is there.

    ``backend`` is onnx, openvino, which is told what to compute in, or AS_WRITTEN.
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


def _say(
    spec: EngineSpec,
    data: bytes,
    backend: str,
    precision: BuiltPrecision,
    found: Samples,
    work: Path,
) -> Said:
    engine = load_variant(spec, data, backend, precision, work)
    try:
        return said(engine, found.test)
    finally:
        engine.close()


def _kept(request: Request, spec: EngineSpec, variants: Sequence[Variant]) -> list[Variant]:
    """Those that lose no more than they may. Raises RefusedError."""
    kept = [v for v in variants if v.parity.drop <= request.max_drop]
    if not kept:
        least = min(variants, key=lambda v: v.parity.drop)
        if least.parity.faulty:
            raise RefusedError(
                f"{spec.name}: what {least.precision} gives for {least.parity.faulty} of"
                f" {least.parity.pictures} pictures can be no probabilities",
                hint="use another --precision: fp16 holds no number above 65504",
            )
        lost = "accuracy" if least.parity.accuracy else "agreement with the source"
        raise RefusedError(
            f"{spec.name}: {least.precision} loses {least.parity.drop:.4f} of {lost},"
            f" more than --max-drop {request.max_drop:g}",
            hint="give more and better --calibration pictures, another --precision, or"
            " a larger --max-drop",
        )
    return kept


def _fastest(
    spec: EngineSpec, kept: Sequence[Variant], found: Samples, work: Path
) -> tuple[Variant, dict[str, float]]:
    """The fastest variant on this processor, and pictures a second of each."""
    engines = {v.precision: load_variant(spec, v.data, "openvino", v.precision, work) for v in kept}
    try:
        speed = pictures_per_second(engines, found.test[:SPEED_BATCH])
    finally:
        for engine in engines.values():
            engine.close()
    return max(kept, key=lambda v: speed[v.precision]), speed


def _write(
    request: Request, spec: EngineSpec, data: bytes, build: Build
) -> tuple[Path, EngineSpec]:
    """The weights first, then the spec, which makes them an engine. Raises OutputError."""
    suffix = ".onnx" if build.profile is None else ".plan"
    out = request.out or place(build) / f"{spec.name}{suffix}"
    if out.suffix != suffix:
        raise UsageError(f"{out}: an engine for {build.backend} ends in {suffix}",
                         hint=f"name it {out.with_suffix(suffix).name}")  # fmt: skip
    if out.resolve() == request.model.resolve():
        raise UsageError(f"{out}: is the model itself", hint="name another file: -o FILE")
    digest = hashlib.sha256(data).hexdigest()
    built = replace(spec, weights=out.name, sha256=digest, build=build)
    mode = PRIVATE_FILE if request.out is None else DEFAULT_MODE
    try:
        if request.out is None:
            make_private(out.parent)
        out.parent.mkdir(parents=True, exist_ok=True)
        spec_path(out).unlink(missing_ok=True)
        write_atomically(out, data, mode)
        built.save(out.parent, mode)
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written: {error.strerror or error}",
            hint=CACHE_HINT
            if isinstance(error, PermissionError) and request.out is None
            else "free some space, or name another file: -o FILE",
        ) from error
    return out, built
