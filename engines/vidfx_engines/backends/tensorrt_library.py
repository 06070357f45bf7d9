"""Import TensorRT in its two flavours, and identify the GPU of this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vidfx_engines.device import CUDA, Device
from vidfx_engines.errors import EngineUnavailable
from vidfx_engines.libraries import importing

if TYPE_CHECKING:
    import tensorrt

Flavour = Literal["tensorrt", "tensorrt-rtx"]
INSTALL: dict[Flavour, str] = {
    "tensorrt": "pip install tensorrt-cu13 --extra-index-url https://pypi.nvidia.com",
    "tensorrt-rtx": "pip install 'vidfx[tensorrt-rtx]'",
}
INSTALL_TORCH = "pip install 'vidfx[gpu]'"
DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Gpu:
    """One CUDA device."""

    name: str
    compute_capability: str
    "e.g. 8.9"
    driver: str
    "version, empty if unknown"


@cache
def import_tensorrt(flavour: Flavour) -> Any:
    """The library. Raises EngineUnavailable, with what to install."""
    name = module_of(flavour)
    with importing(name, INSTALL[flavour]):
        return import_module(name)


def module_of(flavour: Flavour) -> str:
    return flavour.replace("-", "_")


def version(flavour: Flavour) -> str | None:
    """The installed version, or None. Raises EngineUnavailable where it cannot be imported."""
    if find_spec(module_of(flavour)) is None:
        return None
    return str(import_tensorrt(flavour).__version__)


def gpu(device: Device = CUDA) -> Gpu:
    """The name, compute capability and driver of the GPU ``device``.

    Raises EngineUnavailable without torch, its CUDA build, the driver or the device.
    """
    if find_spec("torch") is None:
        raise EngineUnavailable("torch is not installed; it manages the GPU's memory",
                                hint=INSTALL_TORCH)  # fmt: skip
    torch: Any = import_module("torch")
    if torch.version.cuda is None:
        raise EngineUnavailable("this torch is a CPU build", hint=INSTALL_TORCH)
    if not torch.cuda.is_available():
        raise EngineUnavailable(
            "no NVIDIA driver that torch can use", hint="check that nvidia-smi lists a GPU"
        )
    number = device.gpu_index
    if number >= torch.cuda.device_count():
        raise EngineUnavailable(
            f"there is no {device}: this machine has {torch.cuda.device_count()} GPUs",
            hint="use --device cuda:0",
        )
    major, minor = torch.cuda.get_device_capability(number)
    return Gpu(str(torch.cuda.get_device_name(number)), f"{major}.{minor}", driver_version())


def why_no_gpu(device: Device) -> str | None:
    """Why torch cannot use the GPU ``device``, with a hint; None if it can."""
    try:
        gpu(device)
    except EngineUnavailable as error:
        return f"{error} ({error.hint})"
    return None


def has_gpu() -> bool:
    """Whether the system has an NVIDIA GPU."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def driver_version() -> str:
    """The NVIDIA driver's version on Linux; empty without one."""
    try:
        found = re.search(r"Kernel Module\s+(?:for \w+\s+)?([\d.]+)", DRIVER.read_text())
    except OSError:
        return ""
    return found[1] if found else ""


class Log:
    """TensorRT's messages. TensorRT keeps one logger per process, so there is one per flavour."""

    def __init__(self, flavour: Flavour) -> None:
        if TYPE_CHECKING:
            import tensorrt as trt  # noqa: PLC0415
        else:
            trt = import_tensorrt(flavour)
        errors: list[str] = []
        warnings: list[str] = []

        class Sink(trt.ILogger):
            """Called from TensorRT's own threads; list.append is atomic."""

            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: tensorrt.ILogger.Severity, msg: str) -> None:
                if severity <= trt.ILogger.Severity.ERROR:
                    errors.append(msg)
                elif severity == trt.ILogger.Severity.WARNING:
                    warnings.append(msg)

        self.sink: tensorrt.ILogger = Sink()
        self.errors, self.warnings = errors, warnings

    def begin(self) -> None:
        """Discard earlier messages."""
        self.errors.clear()
        self.warnings.clear()

    def said(self) -> str:
        """The first errors since ``begin``, as one line."""
        lines = [" ".join(e.split()) for e in dict.fromkeys(self.errors[:3])]
        return "; ".join(line if len(line) <= 300 else line[:299] + "…" for line in lines)


@cache
def log_of(flavour: Flavour) -> Log:
    return Log(flavour)
