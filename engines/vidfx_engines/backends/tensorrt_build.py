"""Build a TensorRT plan from an ONNX file: TensorRT 10.8 and later, 11 and RTX.

Networks are strongly typed: the types of the graph are built. When TensorRT fails it returns None
and writes the reason only to its log, so the log becomes the error message.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vidfx_engines.backends.tensorrt_library import Flavour, Log, import_tensorrt, log_of
from vidfx_engines.base import PIXELS
from vidfx_engines.built import HardwareCompatibility, Profile
from vidfx_engines.errors import EngineError, EngineFileError, EngineUnavailable

if TYPE_CHECKING:
    import tensorrt

POLL = 0.2
"""Seconds between checks whether the build is done; Ctrl-C is handled then."""


class Monitor(Protocol):
    """Receives the progress of a build, in TensorRT's threads."""

    def started(self, phase: str, steps: int) -> object: ...

    def advanced(self, phase: str, step: int) -> object: ...

    def finished(self, phase: str) -> object: ...


@dataclass(frozen=True)
class BuiltPlan:
    """A serialised TensorRT engine."""

    data: bytes
    timing_cache: bytes
    "for the next build on this GPU; empty for TensorRT-RTX"
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class OnnxToTensorRT:
    """How to build. The graph's input is PIXELS, (N, 3, H, W) uint8."""

    flavour: Flavour
    profile: Profile
    optimisation: int
    "0 to 5: how long to search for the fastest kernels"
    workspace: int
    "bytes of scratch memory for kernels"
    hardware_compatibility: HardwareCompatibility
    version_compatible: bool

    def __call__(
        self, onnx: bytes, *, timing_cache: bytes = b"", monitor: Monitor | None = None
    ) -> BuiltPlan:
        """Build the plan; Ctrl-C cancels it.

        Raises EngineUnavailable without library or driver, EngineFileError, naming the node, where
        the graph cannot be built, and KeyboardInterrupt.
        """
        import_tensorrt(self.flavour)
        done: list[BuiltPlan | BaseException] = []
        cancel = threading.Event()

        def work() -> None:
            try:
                done.append(self._build(onnx, timing_cache, monitor, cancel))
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                done.append(error)

        thread = threading.Thread(target=work, name="tensorrt-build")
        thread.start()
        try:
            while thread.is_alive():
                thread.join(POLL)
        except KeyboardInterrupt:
            cancel.set()
            thread.join()
            raise
        if isinstance(done[0], BaseException):
            raise done[0]
        return done[0]

    def _build(
        self, onnx: bytes, timing_cache: bytes, monitor: Monitor | None, cancel: threading.Event
    ) -> BuiltPlan:
        if TYPE_CHECKING:
            import tensorrt as trt  # noqa: PLC0415
        else:
            trt = import_tensorrt(self.flavour)
        log = log_of(self.flavour)
        log.begin()
        try:
            builder = trt.Builder(log.sink)
        except TypeError:  # "factory function returned nullptr"
            raise EngineUnavailable(
                f"{self.flavour} cannot start: {log.said() or 'no NVIDIA driver'}",
                hint="build on the machine with the GPU, or use --backend tensorrt-rtx",
            ) from None
        network = _parsed(trt, builder, log, onnx)
        config = builder.create_builder_config()
        config.builder_optimization_level = self.optimisation
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, self.workspace)
        timed = self.flavour == "tensorrt"
        if timed:
            cache = config.create_timing_cache(timing_cache)
            config.set_timing_cache(cache, ignore_mismatch=False)
        self._compatible(trt, config)
        profile = builder.create_optimization_profile()
        profile.set_shape(PIXELS, self.profile.least, self.profile.usual, self.profile.most)
        config.add_optimization_profile(profile)
        progress = _progress_monitor(trt, monitor, cancel)
        config.progress_monitor = progress
        if not builder.is_network_supported(network, config):
            raise _failed(log)
        plan = builder.build_serialized_network(network, config)
        if plan is None:
            if cancel.is_set():
                raise KeyboardInterrupt
            raise _failed(log)
        kept = bytes(memoryview(config.get_timing_cache().serialize())) if timed else b""
        return BuiltPlan(bytes(memoryview(plan)), kept, tuple(dict.fromkeys(log.warnings)))

    def _compatible(self, trt: object, config: tensorrt.IBuilderConfig) -> None:
        if TYPE_CHECKING:
            import tensorrt as trt  # noqa: PLC0415
        if self.flavour == "tensorrt-rtx":
            if self.version_compatible or self.hardware_compatibility != "none":
                raise EngineUnavailable(
                    "TensorRT-RTX plans run on every RTX GPU and on their own version only",
                    hint="leave out --hardware-compatibility and --version-compatible",
                )
            return
        if self.hardware_compatibility != "none":
            name = self.hardware_compatibility.upper()
            level = getattr(trt.HardwareCompatibilityLevel, name, None)
            if level is None:
                raise EngineUnavailable(
                    f"this TensorRT, {trt.__version__}, has no {self.hardware_compatibility}",
                    hint="use ampere_plus, or a newer TensorRT",
                )
            config.hardware_compatibility_level = level
        if self.version_compatible:
            config.set_flag(trt.BuilderFlag.VERSION_COMPATIBLE)


def _parsed(
    trt: object, builder: tensorrt.Builder, log: Log, onnx: bytes
) -> tensorrt.INetworkDefinition:
    if TYPE_CHECKING:
        import tensorrt as trt  # noqa: PLC0415
    weak = int(trt.__version__.split(".")[0]) < 11
    flags = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) if weak else 0
    network = builder.create_network(flags)
    parser = trt.OnnxParser(network, log.sink)
    if not parser.parse(onnx):
        found = [parser.get_error(number) for number in range(parser.num_errors)]
        problems = [
            f"node {e.node_name() or e.node()} [{e.node_operator()}]: {' '.join(e.desc().split())}"
            for e in found
        ]
        raise EngineFileError(
            f"TensorRT does not support this graph: {'; '.join(problems[:3]) or log.said()}",
            hint="export the model without this operator, or use --backend onnx",
        )
    return network


def _progress_monitor(
    trt: object, monitor: Monitor | None, cancel: threading.Event
) -> tensorrt.IProgressMonitor:
    if TYPE_CHECKING:
        import tensorrt as trt  # noqa: PLC0415

    class ProgressMonitor(trt.IProgressMonitor):
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if monitor is not None:
                monitor.started(phase_name, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            if monitor is not None:
                monitor.advanced(phase_name, step + 1)
            return not cancel.is_set()

        def phase_finish(self, phase_name: str) -> None:
            if monitor is not None:
                monitor.finished(phase_name)

    return ProgressMonitor()


def _failed(log: Log) -> EngineError:
    said = log.said()
    hint = "use another precision, or --backend onnx"
    if "profile" in said or "imension" in said:
        hint = "the model must support the shapes of --batch and --size"
    return EngineFileError(f"TensorRT could not build it: {said}", hint=hint)
