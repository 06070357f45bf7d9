"""What ``--device auto`` means: a measurement decides, else the cores; and the reason is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vidfx import auto_device
from vidfx.annotation.models import load_models
from vidfx.auto_device import DeviceChoice, choose_device, measured, remember
from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx.run import doctor
from vidfx_engines.cards import Card

CSVS = Settings(video=False)


class Machine:
    """A machine with fake cores and cards."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def set(self, cores: int, *names: str) -> None:
        self.patch.setattr(auto_device, "available_cores", lambda: cores)
        self.patch.setattr(auto_device, "cards", lambda: tuple(Card(name) for name in names))
        gpus = tuple(str(i) for i in range(len(names)))
        self.patch.setattr(auto_device, "visible_gpus", lambda: gpus)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    machine = Machine(monkeypatch)
    machine.set(16, "NVIDIA H200")
    return machine


@pytest.mark.parametrize(
    ("cores", "card", "settings", "device"),
    [
        (16, "NVIDIA H200", CSVS, "auto"),
        (16, "NVIDIA H200", Settings(), "auto"),
        (31, "NVIDIA L4", Settings(), "auto"),
        (32, "NVIDIA L4", CSVS, "cpu"),
        (64, "NVIDIA H200", Settings(encoder="x264"), "cpu"),
    ],
)
def test_without_a_measurement_the_cores_decide(
    machine: Machine, cores: int, card: str, settings: Settings, device: str
) -> None:
    machine.set(cores, card)
    choice = choose_device(settings)
    assert choice.device == device
    assert choice.reason.startswith("device: the CPU" if device == "cpu" else "device: the GPU")
    assert "vidfx bench" in choice.reason and "\n" not in choice.reason


@pytest.mark.usefixtures("machine")
def test_a_measurement_decides() -> None:
    assert measured(CSVS) is None
    remember(CSVS, cpu=247.04, gpu=560.0)
    assert choose_device(CSVS).device == "auto"
    assert choose_device(CSVS).reason.startswith(
        "device: the GPU: 560 frames/s against 247 on the CPU, measured by vidfx bench on 2"
    )
    remember(CSVS, cpu=247.0, gpu=120.0)
    assert choose_device(CSVS).device == "cpu"
    assert measured(Settings()) is None, "it was measured without a video"
    assert measured(replace(CSVS, every=1)) is None


def test_a_measurement_is_of_one_machine(machine: Machine, tmp_path: Path) -> None:
    remember(CSVS, cpu=1.0, gpu=2.0)
    assert measured(CSVS) is not None
    machine.set(8, "NVIDIA H200")
    assert measured(CSVS) is None
    machine.set(16, "NVIDIA L4")
    assert measured(CSVS) is None
    machine.set(16, "NVIDIA H200")
    (file,) = (tmp_path / "cache" / "vidfx" / "speeds").iterdir()
    file.write_bytes(b"{")
    assert measured(CSVS) is None, "damaged"
    remember(CSVS, cpu=1.0, gpu=2.0)
    file.chmod(0o666)
    assert measured(CSVS) is None, "others can write it"


def test_what_is_named_is_not_decided(machine: Machine) -> None:
    for settings in (Settings(device="cuda:1"), Settings(device="cpu")):
        assert choose_device(settings) == DeviceChoice(settings.device)
    for settings in (Settings(backend="torch"), Settings(reader="nvcodec")):
        assert choose_device(settings) == DeviceChoice("auto")
    assert choose_device(Settings(encoder="nvenc")) == DeviceChoice("auto")
    machine.set(16)
    assert choose_device(Settings()) == DeviceChoice("auto"), "no GPU: nothing is said"


def test_the_choice_is_reported(machine: Machine) -> None:
    machine.set(32, "NVIDIA H200")
    with load_models(Settings(emotion="none")) as models:
        assert models.notices()[0].text.startswith("device: the CPU: ")
        assert str(models.selections[0].engine.device) == "cpu"


def test_doctor_gives_the_choice_where_no_engine_loads(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> dict[str, str]:
        found = {finding.name: finding.detail for finding in doctor.examine()}
        return {name: detail for name, detail in found.items() if "--device auto" in name}

    def unavailable(settings: Settings) -> None:
        raise UnavailableError("no engine")

    monkeypatch.setattr(doctor, "load_models", unavailable)
    machine.set(13, "NVIDIA H200")
    assert all(line.startswith("the GPU, beside fewer than 32 cores") for line in lines().values())
    machine.set(40, "NVIDIA H200")
    assert all(line.startswith("the CPU: 40 cores ") for line in lines().values())
    machine.set(13)
    assert lines() == {"--device auto": "the CPU: no NVIDIA GPU can be used here"}
