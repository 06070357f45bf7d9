"""The device of a training, and whether bfloat16 is fast on it."""

from __future__ import annotations

from functools import cache

import torch

from vidfx_engines.device import Device
from vidfx_training.errors import TrainingError


def choose_device(asked: str) -> torch.device:
    """The device for ``auto`` (the first CUDA GPU, or the CPU), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises TrainingError for an unknown name or a GPU that torch does not find.
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked == "auto":
        return torch.device("cuda:0" if found else "cpu")
    device = Device.parse(asked)
    if device is None:
        raise TrainingError(
            f"--device {asked}: no such device", hint="choose auto, cpu, cuda or cuda:N"
        )
    if device.kind == "cpu":
        return torch.device("cpu")
    if device.gpu_index >= found:
        raise TrainingError(
            f"--device {asked}: this installation of torch finds {found} CUDA GPUs",
            hint="choose cpu, or install torch for your driver: see docs/gpu.md",
        )
    return torch.device("cuda", device.gpu_index)


@cache
def has_bf16(kind: str) -> bool:
    """Whether ``kind``, "cpu" or "cuda", has fast bfloat16 kernels; 10 x slower without."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def autocast(device: torch.device, *, enabled: bool = True) -> torch.autocast:
    """A context that computes in bfloat16 where ``device`` does so fast, else in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled and has_bf16(device.type))


def device_of(net: torch.nn.Module) -> torch.device:
    """The device that holds the weights of ``net``."""
    return next(net.parameters()).device
