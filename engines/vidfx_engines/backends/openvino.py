"""OpenVINO, for CPUs."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidfx_engines.base import CHUNK, Running, check_batch, check_outputs, empty_outputs
from vidfx_engines.compiled_cache import fetch, keep, key_of
from vidfx_engines.device import CPU, Device
from vidfx_engines.errors import EngineRunError, EngineUnavailable, first_line
from vidfx_engines.libraries import importing
from vidfx_engines.spec import PLAN_NEEDS_CUDA, EngineSpec

if TYPE_CHECKING:
    from vidfx_engines.graph.edit import Prepared

UNUSED_MODULES = ("openvino_telemetry", "openvino.tools.ovc")
"""The first sends an event to Google Analytics when OpenVINO is imported; the second converts
models of other frameworks, and takes longer to import than everything else."""
MACHINE = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
"""CPU properties that a compiled model depends on."""

GRAPH_CODE = (
    *(Path(__file__).parents[1] / "graph" / name for name in ("edit.py", "bounds.py", "input.py")),
    Path(__file__),
)
"""The code that prepares cached graphs; a change of it invalidates the cache."""


@cache
def import_openvino() -> Any:
    """The library, without the UNUSED_MODULES. Raises EngineUnavailable."""
    before = {name: sys.modules.get(name) for name in UNUSED_MODULES}
    sys.modules.update(dict.fromkeys(UNUSED_MODULES))  # type: ignore[arg-type]
    try:
        with importing("openvino"):
            return import_module("openvino")
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


@cache
def core() -> Any:
    """The one openvino.Core of this process."""
    return import_openvino().Core()


def cpu_capabilities() -> list[str]:
    """Precisions of the processor, e.g. FP32, BF16, INT8."""
    return list(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def cpu_name() -> str:
    """The name of the processor."""
    return " ".join(str(core().get_property("CPU", "FULL_DEVICE_NAME")).split())


class OpenVinoEngine:
    """See vidfx_engines.base.Engine and PreparesShapes."""

    backend = "openvino"
    device = CPU

    def __init__(
        self, spec: EngineSpec, network: _Network, options: dict[str, Any], precision: str
    ) -> None:
        self.spec = spec
        self.precision = precision
        self._network: _Network | None = network
        self._options = options
        self._sides: tuple[int, ...] | None = None
        self._queue: Future[Any] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compile")
        if spec.input.size is not None:
            self._queue_for((spec.input.size, spec.input.size))

    def prepare(self, height: int, width: int) -> None:
        """See vidfx_engines.base.PreparesShapes."""
        if self.spec.input.size is None:
            self._start((height, width))

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        batch = check_batch(self.spec, batch)
        if self._network is None:
            raise EngineRunError(f"{self.spec.name}: closed")
        if not len(batch):
            return empty_outputs(self._network.output_sides())
        try:
            outputs = self._infer(self._queue_for(batch.shape[1:3]), batch)
        except RuntimeError as error:
            raise EngineRunError(f"{self.spec.name}: OpenVINO: {first_line(error)}") from None
        check_outputs(self.spec, outputs, len(batch))
        return outputs

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._network = self._queue = self._sides = None

    def _infer(self, queue: Any, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run a detector's pictures one by one, crops in chunks that keep every stream busy."""
        detects = self.spec.input.size is None
        step = 1 if detects else min(CHUNK, -(-len(batch) // len(queue)))
        starts = range(0, len(batch), step)
        parts: list[tuple[np.ndarray, ...]] = [()] * len(starts)
        names = self.spec.outputs

        def copy_out(request: Any, index: int) -> None:
            tensors = (request.get_tensor(name) for name in names)
            parts[index] = tuple(np.array(tensor.data, np.float32) for tensor in tensors)

        queue.set_callback(copy_out)
        try:
            for index, start in enumerate(starts):
                queue.start_async({0: batch[start : start + step]}, index, share_inputs=True)
        finally:  # after Ctrl-C no request may still read the batch
            queue.wait_all()
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def _queue_for(self, sides: tuple[int, ...]) -> Any:
        """The request queue for pictures of ``sides`` (H, W); waits until it is there."""
        return self._start(sides).result()

    def _start(self, sides: tuple[int, ...]) -> Future[Any]:
        """Make the queue for ``sides`` in a thread; frees that of other sides, 100 MB."""
        if self._queue is None or sides != self._sides:
            self._queue = None
            self._queue = self._thread.submit(self._new_queue, sides)
            self._sides = sides
        return self._queue

    def _new_queue(self, sides: tuple[int, ...]) -> Any:
        return import_openvino().AsyncInferQueue(self._compile(sides))

    def _compile(self, sides: tuple[int, ...]) -> Any:
        """Compile, or load from the user's cache for the same model, options, OpenVINO and CPU."""
        assert self._network is not None
        openvino = core()
        machine = [openvino.get_property("CPU", name) for name in MACHINE]
        version = import_openvino().__version__
        key = key_of(version, machine, sorted(self._options.items()), self._network.key, sides)
        blob = fetch(key)
        if blob is not None:
            with suppress(RuntimeError):
                return openvino.import_model(blob, "CPU", self._options)
        model = self._network.read()
        model.reshape([1 if self.spec.input.size is None else -1, *sides, 3])
        compiled = openvino.compile_model(model, "CPU", self._options)
        keep(key, compiled.export_model().getvalue())
        return compiled


class OpenVinoBackend:
    """See vidfx_engines.base.Backend."""

    name = "openvino"
    install = "pip install openvino"

    def supports(self, spec: EngineSpec, device: Device) -> str | None:
        if find_spec("openvino") is None:
            return "openvino is not installed"
        return PLAN_NEEDS_CUDA if spec.is_plan else None

    def load(self, spec: EngineSpec, folder: Path, how: Running) -> OpenVinoEngine:
        weights = spec.read_weights(folder)
        precision, has_bf16 = how.precision, "BF16" in cpu_capabilities()
        if precision == "bf16" and not has_bf16:
            raise EngineUnavailable("this CPU has no bf16 arithmetic", hint="leave precision auto")
        if precision == "auto" and spec.build and spec.build.precision == "fp32":
            precision = "f32"  # the build measured it as faster, or the user chose it
        chosen = "bf16" if precision != "f32" and has_bf16 else "f32"
        options: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": chosen,
            "PERFORMANCE_HINT": "THROUGHPUT",
            "ENABLE_CPU_PINNING": False,
        }
        if how.threads is not None:
            options["INFERENCE_NUM_THREADS"] = how.threads
        try:
            network = _Network(spec, weights)
            return OpenVinoEngine(spec, network, options, "int8" if network.int8 else chosen)
        except RuntimeError as error:
            raise EngineUnavailable(
                f"{spec.weights}: OpenVINO cannot run it: {first_line(error)}"
            ) from None


class _Network:
    """The graph of an engine, prepared for OpenVINO.

    Preparing imports onnx and takes 0.1 s, so the result is cached, and not even read if a compiled
    model is in the cache.
    """

    def __init__(self, spec: EngineSpec, weights: bytes) -> None:
        """Raises RuntimeError where OpenVINO cannot read the graph, EngineError for a bad file."""
        self._spec, self._weights = spec, weights
        code = [file.read_bytes() for file in GRAPH_CODE]
        self.key = key_of("graph", code, spec)
        int8_key = key_of("int8", self.key)
        known = fetch(int8_key)
        if known is None:
            made = self._prepare()
            core().read_model(made.data, b"")
            known = bytes([made.int8])
            keep(int8_key, known)
        self.int8 = bool(known[0])

    def _prepare(self) -> Prepared:
        from vidfx_engines.graph import edit as graph  # noqa: PLC0415

        made = graph.prepare(self._spec, self._weights)
        keep(self.key, made.data)
        return made

    def read(self) -> Any:
        """A new openvino.Model, which the caller may change."""
        return core().read_model(fetch(self.key) or self._prepare().data, b"")

    def output_sides(self) -> list[list[int | None]]:
        """Shapes of the outputs in the spec's order; None for sides that depend on the input."""
        model = self.read()
        return [
            [d.get_length() if d.is_static else None for d in model.output(name).partial_shape]
            for name in self._spec.outputs
        ]
