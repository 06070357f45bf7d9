"""The rule of ``--device auto``: the GPU or the CPU, whichever is faster on this machine.

What `vidfx bench` measured on the machine decides; without a measurement, the number of cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

import vidfx
from vidfx.config import Settings
from vidfx.measurements import keep_measurement, read_measurement
from vidfx_engines.cards import Card, cards, visible_gpus
from vidfx_engines.cores import available_cores
from vidfx_engines.libraries import installed_version

FOLDER = "speeds"
ENOUGH_CORES = 16
"""As many were no slower than an H200 with vidfx at 13f275f: 247 frames/s of one file against 246.
The GPU's path has changed since, and was not measured again (docs/gpu.md)."""
ENOUGH_CORES_TO_ENCODE = 12
"""An estimate, if a video is written and the card cannot encode it: 16 cores gave 180 frames/s, the
H200 with the same cores 120, at 13f275f too."""
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
    return _by_cores(available_cores(), cards(), settings)


def measured(settings: Settings) -> Speeds | None:
    """What `vidfx bench` measured with these settings on this machine; None if it did not."""
    return read_measurement(FOLDER, _facts(settings), Speeds)


def remember(settings: Settings, *, cpu: float, gpu: float) -> None:
    """Store frames a second for ``measured``."""
    speeds = Speeds(round(cpu, 1), round(gpu, 1), date.today().isoformat())
    keep_measurement(FOLDER, _facts(settings), speeds)


def _by_cores(cores: int, found: tuple[Card, ...], settings: Settings) -> DeviceChoice:
    """The rule without a measurement."""
    encodes = settings.encoder != "x264" and all(card.encodes for card in found)
    enough = ENOUGH_CORES if encodes or not settings.video else ENOUGH_CORES_TO_ENCODE
    compare = "`vidfx bench VIDEO` compares both here"
    if cores >= enough:
        reason = (
            f"the CPU: {enough} cores or more, as fast as a GPU in an older vidfx (docs/gpu.md)"
        )
        return DeviceChoice("cpu", f"device: {reason}; {compare}, --device cuda takes the GPU")
    return DeviceChoice("auto", f"device: the GPU, beside fewer than {enough} cores; {compare}")


def _facts(settings: Settings) -> object:
    """Everything that the measurement depends on."""
    return (
        vidfx.__version__,
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
