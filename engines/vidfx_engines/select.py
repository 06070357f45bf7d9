"""Choose the backend that runs an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx_engines.backends.onnxruntime import OnnxRuntimeBackend
from vidfx_engines.backends.openvino import OpenVinoBackend
from vidfx_engines.backends.tensorrt import TensorRtBackend
from vidfx_engines.backends.tensorrt_library import has_gpu
from vidfx_engines.backends.torch import TorchBackend
from vidfx_engines.base import Backend, Engine, Precision, Running, device_text
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.device import CPU, FIRST_GPU, Device, DeviceKind
from vidfx_engines.errors import EngineError, EngineFileError, EngineUnavailable
from vidfx_engines.spec import EngineSpec, spec_path
from vidfx_engines.store import CachedEngine, built_from

_PLANS = (TensorRtBackend("tensorrt"), TensorRtBackend("tensorrt-rtx"))
_OPENVINO, _ONNXRUNTIME, _TORCH = OpenVinoBackend(), OnnxRuntimeBackend(), TorchBackend()
BACKENDS: dict[DeviceKind, tuple[Backend, ...]] = {
    "cuda": (*_PLANS, _TORCH, _ONNXRUNTIME),
    "cpu": (_OPENVINO, _ONNXRUNTIME, _TORCH),
}
"""Best first (docs/decisions/0017-graphs-on-torch.md)."""


@dataclass(frozen=True)
class Selection:
    """An engine, and the reason for its choice."""

    engine: Engine
    reason: str
    "one line"
    passed_over: tuple[tuple[str, str], ...]
    "(backend or built engine, why not) of better ones that cannot be used"

    @property
    def explanation(self) -> str:
        """One line: the reason, and why better ones cannot be used."""
        return "; ".join([self.reason, *(f"not {name}: {why}" for name, why in self.passed_over)])


def select(
    path: str | Path,
    *,
    spec: EngineSpec | None = None,
    device: str = "auto",
    backend: str = "auto",
    threads: int | None = None,
    precision: Precision = "auto",
) -> Selection:
    """Load the engine at ``path`` (weights, or their spec) with the best backend that can run it.

    ``spec`` replaces the one next to the weights; detectors of known families need none. An engine
    built from these weights (see store.py) is preferred; a damaged one, or one that another user
    could have written, is listed in ``passed_over``. ``device`` is auto (a GPU if a backend can run
    it there, else the CPU), cpu, cuda or cuda:n; ``backend`` is auto or a name. Raises
    EngineFileError for bad files, EngineUnavailable where no backend, or not the named one, can
    run it.
    """
    path = Path(path)
    spec = spec or _spec_for(path)
    named = CPU if device == "auto" else _parsed(device)
    here = _candidates(named, backend)
    if device == "auto" and has_gpu():
        here = [*_candidates(FIRST_GPU, backend), *here]
    if not here:
        raise _unusable_backend(backend, named.kind)

    kept = built_from(spec) if spec.build is None and precision == "auto" else []
    passed_over = [(one.description, one.fault) for one in kept if one.spec is None and one.fault]
    hints: list[str] = []
    for where, candidate in here:
        failed: list[tuple[str, str]] = []
        for name, offered, folder, fault in _offers(candidate, spec, path.parent, kept):
            try:
                if fault is not None:
                    raise EngineFileError(fault)
                engine = _load(candidate, offered, folder, Running(where, threads, precision))
            except EngineError as error:
                if offered is spec and not isinstance(error, EngineUnavailable):
                    raise
                failed.append((name, str(error)))
                hints.append(error.hint)
            else:
                passed_over += failed
                return Selection(engine, _why(engine, backend, passed_over), tuple(passed_over))
        passed_over.append(failed[0])
    reasons = "; ".join(f"{name}: {reason}" for name, reason in passed_over)
    hint = next((hint for hint in hints if hint), "")
    if named.kind == "cuda" and not has_gpu():
        raise EngineUnavailable(
            f"no NVIDIA GPU was found here; {spec.name} on {named}: {reasons}",
            hint="the CPU is used without --device; nvidia-smi lists the GPUs that work",
        )
    raise EngineUnavailable(f"{spec.name}: nothing can run it on {named}: {reasons}", hint=hint)


def where_it_runs(spec: EngineSpec) -> tuple[tuple[str, str, str | None], ...]:
    """(backend, kind of device, why it cannot run there, or None), best backend first."""
    return tuple(
        (backend.name, kind, backend.supports(spec, Device(kind)))
        for kind, backends in BACKENDS.items()
        for backend in backends
    )


def _candidates(device: Device, name: str) -> list[tuple[Device, Backend]]:
    """The backends of ``device``, best first; only the named one unless ``name`` is auto."""
    return [(device, b) for b in BACKENDS[device.kind] if name in ("auto", b.name)]


def _offers(
    backend: Backend, spec: EngineSpec, folder: Path, kept: Sequence[CachedEngine]
) -> Iterator[tuple[str, EngineSpec, Path, str | None]]:
    """(name, spec, folder, fault or None) that ``backend`` could load, best first."""
    for one in kept:
        if one.spec is not None and one.runs_on == backend.name:
            yield one.description, one.spec, one.path.parent, one.fault
    yield backend.name, spec, folder, None


def _load(backend: Backend, spec: EngineSpec, folder: Path, how: Running) -> Engine:
    """Raises EngineFileError, and EngineUnavailable where ``backend`` cannot run it there."""
    reason = backend.supports(spec, how.device)
    if reason is not None:
        raise EngineUnavailable(reason, hint=backend.install)
    return backend.load(spec, folder, how)


def _spec_for(path: Path) -> EngineSpec:
    if path.suffix == ".onnx" and path.is_file() and not spec_path(path).exists():
        return detector_spec_for(path)
    return EngineSpec.load(path)


def _parsed(device: str) -> Device:
    parsed = Device.parse(device)
    if parsed is None:
        raise EngineUnavailable(
            f"device {device!r} is not known", hint="device is auto, cpu, cuda or cuda:0"
        )
    return parsed


def _unusable_backend(backend: str, kind: str) -> EngineError:
    names = dict.fromkeys(b.name for backends in BACKENDS.values() for b in backends)
    if backend in names:
        other = "cuda" if kind == "cpu" else "cpu"
        return EngineUnavailable(f"{backend} does not run on {kind}", hint=f"use --device {other}")
    return EngineUnavailable(
        f"no backend is named {backend!r}", hint=f"it is one of {', '.join(names)}"
    )


def _why(engine: Engine, backend: str, passed_over: Sequence[tuple[str, str]]) -> str:
    build = engine.spec.build
    what = f"{engine.backend} on {device_text(engine)}"
    if build is not None:
        what += f", built {build.date[:10]}"
    if backend != "auto":
        return f"{what}: you named it"
    if passed_over:
        return f"{what}: the best that runs here"
    return f"{what}: the first choice"
