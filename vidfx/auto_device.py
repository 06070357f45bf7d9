"""The rule of ``--device auto``: the GPU or the CPU, whichever is faster on this machine.

What `vidfx bench` measured on the machine decides; without a measurement, the number of cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from vidfx.config import Settings
from vidfx.measurements import keep_measurement, read_measurement
from vidfx.version import __version__
from vidfx_engines.cards import cards, visible_gpus
from vidfx_engines.cores import available_cores
from vidfx_engines.libraries import installed_version

FOLDER = "speeds"
ENOUGH_CORES = 32
"""An estimate: an H200 with 16 cores gave 1,310 frames/s of eight files, 16 cores alone 837 of
sixteen, before they became faster (docs/gpu.md)."""
LIBRARIES = ("openvino", "torch", "onnxruntime-gpu", "pynvvideocodec")
GPU_READERS = ("decord-cuda", "nvcodec", "pyav-cuda")


@dataclass(frozen=True)
class DeviceChoice:
    """The device that ``auto`` means here."""

    device: str
    '"cpu", or "auto": the GPU if a backend can run the models there'
    reason: str = ""
    "one line; empty where there was nothing to choose"


class Speeds(Struct, frozen=True, forbid_unknown_fields=True):
    """Frames a second of one video on this machine."""

    cpu: float
    gpu: float
    date: str


def choose_device(settings: Settings) -> DeviceChoice:
    """What ``settings.device`` means on this machine.

    Only ``auto`` is decided, where there is a GPU and no other setting asks for it.
    """
    if settings.device != "auto" or not visible_gpus():
        return DeviceChoice(settings.device)
    if settings.backend != "auto" or settings.reader in GPU_READERS or settings.encoder == "nvenc":
        return DeviceChoice("auto")
    if (known := measured(settings)) is not None:
        fast, slow = max(known.cpu, known.gpu), min(known.cpu, known.gpu)
        name, other, device = ("GPU", "CPU", "auto") if known.gpu >= known.cpu else (
            "CPU", "GPU", "cpu")  # fmt: skip
        return DeviceChoice(
            device,
            f"device: the {name}: {fast:.0f} frames/s against {slow:.0f} on the {other},"
            f" measured by vidfx bench on {known.date}",
        )
    return _by_cores(available_cores())


def measured(settings: Settings) -> Speeds | None:
    """What `vidfx bench` measured with these settings on this machine; None if it did not."""
    return read_measurement(FOLDER, _facts(settings), Speeds)


def remember(settings: Settings, *, cpu: float, gpu: float) -> None:
    """Store frames a second for ``measured``."""
    speeds = Speeds(round(cpu, 1), round(gpu, 1), date.today().isoformat())
    keep_measurement(FOLDER, _facts(settings), speeds)


def _by_cores(cores: int) -> DeviceChoice:
    """The rule without a measurement."""
    compare = "`vidfx bench VIDEO` compares both here"
    if cores >= ENOUGH_CORES:
        reason = f"the CPU: {cores} cores are estimated to be as fast as a GPU (docs/gpu.md)"
        return DeviceChoice("cpu", f"device: {reason}; {compare}, --device cuda takes the GPU")
    return DeviceChoice(
        "auto", f"device: the GPU, beside fewer than {ENOUGH_CORES} cores; {compare}"
    )


def _facts(settings: Settings) -> object:
    """Everything that the measurement depends on."""
    return (
        __version__,
        [installed_version(name) for name in LIBRARIES],
        available_cores(),
        sorted(card.name for card in cards()),
        visible_gpus(),
        settings.video,
        settings.encoder,
        settings.preset,
        settings.detector,
        settings.detector_size,
        settings.thorough,
        settings.every,
        settings.read,
        settings.recognition,
        settings.emotion,
    )
