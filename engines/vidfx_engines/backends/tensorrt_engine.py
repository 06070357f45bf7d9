"""Run a TensorRT plan on torch tensors, where the crops already are.

torch owns memory and streams. Only ``run`` copies to and from the host.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from vidfx_engines.backends.tensorrt_batches import REPLAYED, Batches, CapturedGraph
from vidfx_engines.backends.tensorrt_library import Flavour, import_tensorrt, log_of
from vidfx_engines.base import PIXELS, check_batch, check_outputs, empty_outputs
from vidfx_engines.device import Device
from vidfx_engines.errors import EngineRunError, EngineUnavailable
from vidfx_engines.spec import EngineSpec

if TYPE_CHECKING:
    import tensorrt

DTYPES = {"FLOAT": "float32", "HALF": "float16", "BF16": "bfloat16", "UINT8": "uint8"}


class TensorRtEngine:
    """See vidfx_engines.base.Engine. It has one execution context and one stream."""

    def __init__(self, spec: EngineSpec, plan: bytes, flavour: Flavour, device: Device) -> None:
        """Raises EngineUnavailable where TensorRT rejects the plan."""
        if TYPE_CHECKING:
            import tensorrt as trt  # noqa: PLC0415
        else:
            trt = import_tensorrt(flavour)
        assert spec.build is not None
        assert spec.build.profile is not None
        self.spec = spec
        self.backend = flavour
        self.precision = {"fp32": "f32", "fp16": "f16"}.get(
            spec.build.precision, spec.build.precision
        )
        self.device = device
        self._torch: Any = import_module("torch")
        self._where = self._torch.device("cuda", device.gpu_index)
        self._torch.cuda.set_device(self._where)
        self._torch.empty(1, device=self._where)  # creates the CUDA context that TensorRT shares
        self._log = log_of(flavour)
        self._log.begin()
        self._runtime: tensorrt.Runtime | None = trt.Runtime(self._log.sink)
        engine = self._runtime.deserialize_cuda_engine(plan)
        context = engine.create_execution_context() if engine else None
        if engine is None or context is None:
            raise EngineUnavailable(
                f"{spec.weights}: TensorRT rejects this plan: {self._log.said()}",
                hint="build it again on this machine with vidfx build-engine",
            )
        self._engine: tensorrt.ICudaEngine | None = engine
        self._context: tensorrt.IExecutionContext = context
        self._stream = self._torch.cuda.Stream(self._where)
        self.batches = Batches(spec.build.profile.most[0])
        self._types = {
            name: getattr(self._torch, DTYPES[engine.get_tensor_dtype(name).name])
            for name in spec.outputs
        }
        self._shapes = [
            [side if side >= 0 else None for side in engine.get_tensor_shape(name)]
            for name in spec.outputs
        ]

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        batch = check_batch(self.spec, batch)
        if not len(batch):
            return empty_outputs(self._shapes)
        pixels = self._torch.from_numpy(batch).to(self._where).permute(0, 3, 1, 2)
        outputs = tuple(o.float().cpu().numpy() for o in self.run_tensor(pixels))
        check_outputs(self.spec, outputs, len(batch))
        return outputs

    def capture(self) -> None:
        """Record the small batches as CUDA graphs, once; ``run_tensor`` then replays them.

        For crops only: a detector's sides differ from video to video.
        """
        if self.spec.input.size is None:
            return
        assert self.spec.build is not None
        assert self.spec.build.profile is not None
        least, sides = self.spec.build.profile.least[0], self.spec.build.profile.most[1:]
        for size in (n for n in REPLAYED if least <= n <= self.batches.most):
            pixels = self._torch.zeros((size, *sides), dtype=self._torch.uint8, device=self._where)
            self._enqueue(pixels)  # TensorRT allocates in the first run, which must not be recorded
            self._torch.cuda.synchronize(self._where)
            graph = self._torch.cuda.CUDAGraph()
            with self._torch.cuda.graph(graph, stream=self._stream):
                outputs = self._launch(pixels, self._stream)
            self.batches.captured[size] = CapturedGraph(graph, pixels, outputs)

    def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
        """Outputs on the device for ``pixels``, a (N, 3, H, W) uint8 tensor there, N > 0.

        Runs after the work of the current stream, which then waits for it; the host does not wait.
        Larger batches than the profile's maximum are split. Raises EngineRunError.
        """
        return self.batches(pixels, self._enqueue)

    def _enqueue(self, x: Any) -> tuple[Any, ...]:
        """Run a batch on the engine's own stream; on the default stream TensorRT synchronises."""
        current, stream = self._torch.cuda.current_stream(self._where), self._stream
        stream.wait_stream(current)
        with self._torch.cuda.stream(stream):
            outputs = self._launch(x, stream)
        x.record_stream(stream)
        current.wait_stream(stream)
        for output in outputs:
            output.record_stream(current)
        return outputs

    def _launch(self, x: Any, stream: Any) -> tuple[Any, ...]:
        if self._engine is None:
            raise EngineRunError(f"{self.spec.name}: closed")
        context = self._context
        if not context.set_input_shape(PIXELS, tuple(x.shape)) or context.infer_shapes():
            assert self.spec.build is not None
            raise EngineRunError(
                f"{self.spec.name}: shape {tuple(x.shape)} is outside the plan's profile"
                f" {self.spec.build.profile}",
                hint="build it again with a wider --batch or --size",
            )
        outputs = tuple(
            self._torch.empty(
                tuple(context.get_tensor_shape(name)), dtype=self._types[name], device=self._where
            )
            for name in self.spec.outputs
        )
        context.set_tensor_address(PIXELS, x.data_ptr())
        for name, output in zip(self.spec.outputs, outputs, strict=True):
            context.set_tensor_address(name, output.data_ptr())
        if not context.execute_async_v3(stream.cuda_stream):
            raise EngineRunError(f"{self.spec.name}: TensorRT: {self._log.said()}")
        return outputs

    def close(self) -> None:
        self.batches.captured.clear()
        self._context = self._engine = self._runtime = None  # type: ignore[assignment]
