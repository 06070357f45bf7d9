"""ONNX Runtime: for CPUs, and for CUDA where its GPU build is installed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from vidfx_engines.base import CHUNK, Precision, check_batch, check_outputs, empty_outputs
from vidfx_engines.errors import EngineRunError, EngineUnavailable, first_line
from vidfx_engines.libraries import importing
from vidfx_engines.spec import PLAN, EngineSpec

INSTALL = 'pip install "vidfx[onnxruntime]"'
INSTALL_CUDA = "pip uninstall onnxruntime; pip install onnxruntime-gpu"
CUDA = "CUDAExecutionProvider"


@cache
def import_onnxruntime() -> Any:
    """The library, silenced: its Windows build reports events to the system otherwise."""
    with importing("onnxruntime", INSTALL):
        onnxruntime = import_module("onnxruntime")
    onnxruntime.disable_telemetry_events()
    return onnxruntime


class OnnxRuntimeEngine:
    """See vidfx_engines.base.Engine."""

    backend = "onnxruntime"

    def __init__(self, spec: EngineSpec, session: Any, device: str, precision: str) -> None:
        self.spec = spec
        self.precision = precision
        self.device = f"{device}, {precision}"
        self._session = session
        self._input = session.get_inputs()[0].name
        shapes = {output.name: output.shape for output in session.get_outputs()}
        self._shapes = [
            [side if isinstance(side, int) else None for side in shapes[name]]
            for name in spec.outputs
        ]

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
    devices = ("cpu", "cuda")
    install = INSTALL

    def supports(self, spec: EngineSpec, device: str) -> str | None:
        if spec.is_plan:
            return PLAN
        try:
            providers = import_onnxruntime().get_available_providers()
        except EngineUnavailable as error:
            return str(error)
        if device.startswith("cuda") and CUDA not in providers:
            return f"this build of onnxruntime has no {CUDA} ({INSTALL_CUDA})"
        return None

    def load(
        self,
        spec: EngineSpec,
        folder: Path,
        *,
        device: str,
        threads: int | None,
        precision: Precision,
    ) -> OnnxRuntimeEngine:
        if precision == "bf16":
            raise EngineUnavailable(
                "ONNX Runtime does not run an f32 file in bf16", hint="leave precision auto"
            )
        from vidfx_engines import graph  # noqa: PLC0415 - takes 0.1 s

        model = graph.prepare(spec, spec.read_weights(folder))
        ort = import_onnxruntime()
        options = ort.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        on_cuda = device.startswith("cuda")
        providers: list[Any] = ["CPUExecutionProvider"]
        if on_cuda:
            number = device.partition(":")[2] or "0"
            providers.insert(0, (CUDA, {"device_id": number}))
        try:
            session = ort.InferenceSession(model.data, options, providers=providers)
        except Exception as error:  # noqa: BLE001 - its errors share no base but Exception
            raise EngineUnavailable(
                f"{spec.weights}: ONNX Runtime cannot run it: {first_line(error)}"
            ) from None
        if on_cuda and CUDA not in session.get_providers():
            raise EngineUnavailable(
                f"ONNX Runtime could not start CUDA on {device}",
                hint="check nvidia-smi, and that CUDA and cuDNN are those onnxruntime-gpu wants",
            )
        kind = "int8" if model.int8 else "f32"
        return OnnxRuntimeEngine(spec, session, device.upper() if on_cuda else "CPU", kind)
