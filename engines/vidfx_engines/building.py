"""The steps of a build that need an inference library: precision, plan, facts of the machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from vidfx_engines.backends.onnxruntime_library import import_onnxruntime
from vidfx_engines.backends.openvino import cpu_capabilities, cpu_name, import_openvino
from vidfx_engines.backends.tensorrt import rtx_misfit
from vidfx_engines.backends.tensorrt_build import Monitor, OnnxToTensorRT
from vidfx_engines.backends.tensorrt_library import Flavour, Gpu, gpu, has_gpu, import_tensorrt
from vidfx_engines.built import BuiltFor, BuiltPrecision
from vidfx_engines.compiled_cache import key_of
from vidfx_engines.errors import EngineUnavailable
from vidfx_engines.files import write_atomically
from vidfx_engines.graph.quantise import quantise
from vidfx_engines.spec import EngineSpec
from vidfx_engines.user_cache import PRIVATE_FILE, make_private, user_cache, why_untrusted

CPU_PRECISIONS: tuple[BuiltPrecision, ...] = ("fp32", "bf16")
TENSORRT: tuple[BuiltFor, ...] = ("tensorrt", "tensorrt-rtx")


@dataclass(frozen=True)
class Machine:
    """The library and the hardware of a build."""

    library: str
    "version"
    device: str
    "name of the processor or GPU; empty if the build needs none"
    compute_capability: str = ""
    driver: str = ""


def cpu_precisions() -> tuple[BuiltPrecision, ...]:
    """Precisions that OpenVINO uses here without changing the file, fp32 first."""
    return CPU_PRECISIONS if "BF16" in cpu_capabilities() else CPU_PRECISIONS[:1]


def machine(backend: BuiltFor) -> Machine:
    """Facts for the build record. Raises EngineUnavailable where the library or GPU is missing."""
    if backend == "openvino":
        return Machine(str(import_openvino().__version__), cpu_name())
    if backend == "onnx":
        return Machine(str(import_onnxruntime().__version__), "")
    version = str(import_tensorrt(backend).__version__)
    if backend == "tensorrt-rtx":
        return Machine(version, "")
    found: Gpu = gpu()
    return Machine(version, found.name, found.compute_capability, found.driver)


def with_precision(
    spec: EngineSpec,
    source: bytes,
    precision: BuiltPrecision,
    backend: BuiltFor,
    pictures: np.ndarray,
) -> bytes:
    """The ONNX file ``source`` converted to ``precision`` for ``backend``.

    ``pictures`` (N, H, W, 3) uint8 RGB calibrate int8. Raises EngineFileError where the graph
    cannot be converted.
    """
    from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s
    from vidfx_engines.graph.half import to_half  # noqa: PLC0415

    model = graph.parse(source, spec.weights)
    if precision in ("fp16", "bf16") and backend != "openvino":
        data = to_half(model, precision).SerializeToString()
    elif precision == "int8":
        if spec.input.size is None:
            data = graph.with_dynamic_shape(model, spec.input.layout).SerializeToString()
        else:
            data = graph.with_dynamic_batch(model).SerializeToString()
        kind = "signed" if backend in TENSORRT else "unsigned"
        data = quantise(data, spec.input, pictures, kind)
    else:
        data = source
    graph.check(data, spec.weights)
    return data


def build_plan(
    spec: EngineSpec, data: bytes, how: OnnxToTensorRT, here: Machine, monitor: Monitor
) -> tuple[bytes, tuple[str, ...]]:
    """A TensorRT plan of the ONNX file ``data``, and TensorRT's warnings.

    The timing cache is stored for the next build on this GPU. Raises EngineError where the plan
    cannot be built, KeyboardInterrupt where Ctrl-C cancels it.
    """
    from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s

    prepared = graph.prepare(spec, data, planar=True).data
    file = user_cache("tensorrt") / key_of(how.flavour, here.library, here.device, here.driver)
    timed = b""
    with suppress(OSError):
        timed = b"" if why_untrusted(file) else file.read_bytes()
    plan = how(prepared, timing_cache=timed, monitor=monitor)
    if plan.timing_cache:
        with suppress(OSError):
            make_private(file.parent)
            write_atomically(file, plan.timing_cache, PRIVATE_FILE)
    return plan.data, plan.warnings + _misfit_warning(how.flavour)


def _misfit_warning(flavour: Flavour) -> tuple[str, ...]:
    """A warning if the GPU of this machine cannot run the plan."""
    if flavour != "tensorrt-rtx" or not has_gpu():
        return ()
    with suppress(EngineUnavailable):
        reason = rtx_misfit(gpu())
        return (f"{reason}: the plan is for another machine",) if reason else ()
    return ()


def flavour_of(backend: BuiltFor) -> Flavour:
    """``backend`` as a TensorRT flavour. Raises EngineUnavailable for the others."""
    if backend not in ("tensorrt", "tensorrt-rtx"):
        raise EngineUnavailable(f"{backend} has no plans")
    return backend
