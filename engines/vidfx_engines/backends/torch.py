"""torch itself as the backend, by a table of ONNX operators: for GPUs, where torch is installed.

Expected to start faster there than ONNX Runtime, which was not measured (docs/gpu.md).
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vidfx_engines.backends.device_engine import DeviceEngine, RunsOn
from vidfx_engines.backends.tensorrt_library import INSTALL_TORCH, gpu, why_no_gpu
from vidfx_engines.base import Running
from vidfx_engines.device import Device
from vidfx_engines.errors import EngineUnavailable, first_line
from vidfx_engines.libraries import importing
from vidfx_engines.spec import PLAN_NEEDS_CUDA, EngineSpec


class TorchBackend:
    """See vidfx_engines.base.Backend."""

    name = "torch"
    install = INSTALL_TORCH

    def supports(self, spec: EngineSpec, device: Device) -> str | None:
        if spec.is_plan:
            return PLAN_NEEDS_CUDA
        if find_spec("torch") is None:
            return "torch is not installed"
        if device.kind == "cpu":
            return None
        return why_no_gpu(device)

    def load(self, spec: EngineSpec, folder: Path, how: Running) -> DeviceEngine:
        from vidfx_engines.graph import edit as graph  # noqa: PLC0415 - takes 0.1 s

        if how.precision == "bf16":
            raise EngineUnavailable(
                "torch does not run an f32 file in bf16", hint="leave precision auto"
            )
        made = graph.prepare(spec, spec.read_weights(folder), planar=True)
        with importing("torch", self.install):
            torch: Any = import_module("torch")
        network: Any = import_module("vidfx_engines.backends.torch_graph")  # brings torch
        where, device = torch.device("cpu"), how.device
        if device.kind == "cuda":
            where = torch.device("cuda", device.gpu_index)
            device = replace(device, name=gpu(device).name)
        elif how.threads is not None:
            torch.set_num_threads(how.threads)
        try:
            loaded = network.TorchGraph(made.data, spec.outputs, where, spec.input.size)
        except RuntimeError as error:  # no memory left on the GPU, or a driver that is too old
            raise EngineUnavailable(
                f"{spec.weights}: torch cannot load it on {device}: {first_line(error)}"
            ) from None
        return DeviceEngine(spec, loaded, RunsOn("torch", "torch", device, where, "f32"))
