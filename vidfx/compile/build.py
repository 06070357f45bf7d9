"""Build one engine: try precisions, compare them with the source, refuse or build, write.

A precision that loses too much is never built.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from vidfx.compile import samples
from vidfx.compile.engine_files import write_engine
from vidfx.compile.precisions import fastest, good_enough, try_precisions, wanted_precisions
from vidfx.compile.request import BuildProgress, BuildRequest, BuiltEngine
from vidfx.compile.samples import BuildSamples
from vidfx.errors import UsageError
from vidfx.version import __version__
from vidfx_engines.backends.tensorrt_build import OnnxToTensorRT
from vidfx_engines.building import (
    TENSORRT,
    build_plan,
    flavour_of,
    machine,
)
from vidfx_engines.built import Build, Profile
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.embedding_files import embedding_spec_for
from vidfx_engines.spec import EngineSpec, Template, spec_path


def build_engine(request: BuildRequest, progress: BuildProgress) -> BuiltEngine:
    """Build, compare and write one engine.

    Raises UsageError, DataError, NothingReadableError (too few pictures), EngineError,
    RefusedError (too much is lost), OutputError, and KeyboardInterrupt.
    """
    spec = _source_spec(request.model, request.crop)
    source = spec.read_weights(request.model.parent)
    wanted = wanted_precisions(request)
    here = machine(request.backend)
    pictures = _samples(request, spec, wanted)
    progress.say(f"pictures: {pictures.origin}")
    with tempfile.TemporaryDirectory(prefix="vidfx-") as folder:
        work = Path(folder)
        tried = try_precisions(request, spec, source, wanted, pictures, work, progress)
        kept = good_enough(request, spec, tried)
        chosen, speed = kept[0], dict[str, float]()
        if request.backend == "openvino":
            progress.step("timing the precisions against each other")
            chosen, speed = fastest(spec, kept, pictures, work)
            speeds = ", ".join(f"{name} {value:.0f}/s" for name, value in speed.items())
            progress.say(f"{chosen.precision} is chosen: {speeds}, on {here.device}")
    build = Build(
        backend=request.backend,
        precision=chosen.precision,
        source_sha256=spec.sha256,
        vidfx=__version__,
        library=here.library,
        device=here.device,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        compute_capability=here.compute_capability,
        driver=here.driver,
        hardware_compatibility=request.hardware_compatibility,
        version_compatible=request.version_compatible,
        profile=_profile(request, spec),
        calibration=pictures.origin if chosen.precision == "int8" else "",
        compared=pictures.origin,
        parity=chosen.parity.figures(),
        speed={name: round(value, 1) for name, value in speed.items()},
    )
    data = chosen.data
    if build.profile is not None:
        progress.step(f"building with {request.backend} {here.library}")
        how = OnnxToTensorRT(
            flavour=flavour_of(request.backend),
            profile=build.profile,
            optimisation=request.optimisation,
            workspace=request.workspace,
            hardware_compatibility=request.hardware_compatibility,
            version_compatible=request.version_compatible,
        )
        data, warnings = build_plan(spec, data, how, here, progress)
        for warning in warnings:
            progress.say(f"{request.backend}: {warning}")
    progress.step("writing")
    path, spec = write_engine(request, spec, data, build)
    return BuiltEngine(path, spec, {c.precision: c.parity for c in tried})


def _source_spec(model: Path, crop: Template | None) -> EngineSpec:
    """Raises EngineFileError, and UsageError for an engine that was built already."""
    if model.suffix == ".onnx" and model.is_file() and not spec_path(model).exists():
        return embedding_spec_for(model, crop) if crop else detector_spec_for(model)
    spec = EngineSpec.load(model)
    if spec.build is not None:
        raise UsageError(
            f"{model}: was built already, in {spec.build.precision} for {spec.build.backend}",
            hint="name the model that it was built from",
        )
    return spec


def _samples(request: BuildRequest, spec: EngineSpec, wanted: Sequence[str]) -> BuildSamples:
    if "int8" in wanted:
        samples.require_folder(request.calibration)
    if request.calibration is None:
        return samples.noise(spec, request.size)
    if spec.task == "detection":
        return samples.frames(request.calibration, request.size)
    if spec.task == "embedding":
        return samples.faces_without_labels(request.calibration, spec)
    return samples.faces(request.calibration, spec)


def _profile(request: BuildRequest, spec: EngineSpec) -> Profile | None:
    """The shapes that a plan takes; None where no plan is built.

    The sides of a detector's input may be anything up to the longer side of ``size``.
    """
    if request.backend not in TENSORRT:
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
