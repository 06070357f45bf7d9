"""ONNX Runtime: for CPUs, and for CUDA where its GPU build is installed."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from vidfx_engines.backends.device_engine import DeviceEngine, RunsOn
from vidfx_engines.backends.onnxruntime_device import BoundSession, output_sides
from vidfx_engines.backends.onnxruntime_library import INSTALL, import_onnxruntime
from vidfx_engines.backends.tensorrt_library import gpu, why_no_gpu
from vidfx_engines.base import (
    CHUNK,
    Engine,
    Precision,
    Running,
    check_batch,
    check_outputs,
    empty_outputs,
)
from vidfx_engines.device import CPU, Device
from vidfx_engines.errors import EngineRunError, EngineUnavailable, first_line
from vidfx_engines.spec import PLAN_NEEDS_CUDA, EngineSpec

INSTALL_CUDA = "pip uninstall onnxruntime; pip install 'vidfx[gpu,onnxruntime-gpu]'"
CUDA = "CUDAExecutionProvider"


class OnnxRuntimeEngine:
    """See vidfx_engines.base.Engine."""

    backend = "onnxruntime"
    device = CPU

    def __init__(self, spec: EngineSpec, session: Any, precision: str) -> None:
        self.spec = spec
        self.precision = precision
        self._session = session
        self._input = session.get_inputs()[0].name
        self._shapes = output_sides(session, spec)

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        batch = check_batch(self.spec, batch)
        if self._session is None:
            raise EngineRunError(f"{self.spec.name}: closed")
        if not len(batch):
            return empty_outputs(self._shapes)
        step = 1 if self.spec.input.size is None else CHUNK
        try:
            parts = [
                self._session.run(list(self.spec.outputs), {self._input: batch[i : i + step]})
                for i in range(0, len(batch), step)
            ]
        except Exception as error:  # noqa: BLE001 - its errors share no base but Exception
            raise EngineRunError(f"{self.spec.name}: ONNX Runtime: {first_line(error)}") from None
        outputs = tuple(np.concatenate(p) for p in zip(*parts, strict=True))
        check_outputs(self.spec, outputs, len(batch))
        return outputs

    def close(self) -> None:
        self._session = None


class OnnxRuntimeBackend:
    """See vidfx_engines.base.Backend."""

    name = "onnxruntime"
    install = INSTALL

    def supports(self, spec: EngineSpec, device: Device) -> str | None:
        if spec.is_plan:
            return PLAN_NEEDS_CUDA
        try:
            providers = import_onnxruntime().get_available_providers()
        except EngineUnavailable as error:
            return str(error)
        if device.kind == "cpu":
            return None
        if CUDA not in providers:
            return f"this build of onnxruntime has no {CUDA} ({INSTALL_CUDA})"
        return why_no_gpu(device)

    def load(self, spec: EngineSpec, folder: Path, how: Running) -> Engine:
        if how.precision == "bf16":
            raise EngineUnavailable(
                "ONNX Runtime does not run an f32 file in bf16", hint="leave precision auto"
            )
        if how.device.kind == "cuda":
            return _on_cuda(spec, folder, how.device, how.precision)
        session, kind = _session(spec, folder, how.precision, threads=how.threads)
        return OnnxRuntimeEngine(spec, session, kind)


def _on_cuda(spec: EngineSpec, folder: Path, device: Device, precision: Precision) -> DeviceEngine:
    found = gpu(device)
    torch: Any = import_module("torch")  # brings CUDA and cuDNN
    where = torch.device("cuda", device.gpu_index)
    stream = torch.cuda.Stream(where)
    provider = {
        "device_id": where.index,
        "user_compute_stream": str(stream.cuda_stream),
        "cudnn_conv_algo_search": "HEURISTIC",  # an exhaustive search is repeated for every shape
    }
    session, kind = _session(spec, folder, precision, cuda=provider)
    if CUDA not in session.get_providers():
        raise EngineUnavailable(
            f"ONNX Runtime could not start CUDA on {device}",
            hint="check nvidia-smi, and the versions of CUDA and cuDNN that onnxruntime-gpu needs",
        )
    return DeviceEngine(
        spec,
        BoundSession(session, spec, where, stream),
        RunsOn("onnxruntime", "ONNX Runtime", replace(device, name=found.name), where, kind),
    )


def _session(
    spec: EngineSpec,
    folder: Path,
    precision: Precision,
    *,
    threads: int | None = None,
    cuda: dict[str, Any] | None = None,
) -> tuple[Any, str]:
    """An inference session and its precision; ``cuda``: options of that provider.

    In f32 an int8 graph is evaluated exactly: rounded where it quantises, float in between. Sums
    of int8 overflow on processors without VNNI. Raises EngineFileError, EngineUnavailable.
    """
    from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s

    model = graph.prepare(spec, spec.read_weights(folder), planar=cuda is not None)
    ort = import_onnxruntime()
    options = ort.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    if precision == "f32":
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    providers: list[Any] = [(CUDA, cuda)] if cuda is not None else []
    try:
        session = ort.InferenceSession(
            model.data, options, providers=[*providers, "CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001 - its errors share no base but Exception
        raise EngineUnavailable(
            f"{spec.weights}: ONNX Runtime cannot run it: {first_line(error)}"
        ) from None
    return session, "int8" if model.int8 and precision != "f32" else "f32"
