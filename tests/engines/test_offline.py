"""VIDFX_OFFLINE: whatever needs the network is refused in one line."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hatch_build import fetch
from vidfx.annotation.model_pack import insightface_pack
from vidfx.config import Settings
from vidfx.errors import UnavailableError, VidfxError
from vidfx.jobs import storage
from vidfx.load_settings import load_settings
from vidfx_engines.offline import is_offline


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIDFX_OFFLINE", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("0", False)])
def test_the_variable(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDFX_OFFLINE", value)
    assert is_offline() is expected
    assert load_settings({}, environment={"VIDFX_OFFLINE": value}) == Settings()


def test_storage() -> None:
    with pytest.raises(UnavailableError, match="VIDFX_OFFLINE forbids"):
        storage.find("s3://bucket/video.mp4")
    with pytest.raises(VidfxError, match="no file is there"):
        storage.find("memory://nothing")


def test_packs_of_insightface(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []
    fake: Any = ModuleType("insightface.utils.storage")
    folder = tmp_path / ".insightface/models/buffalo_s"
    fake.ensure_available = lambda _, name: asked.append(name) or str(folder)
    for name in ("insightface", "insightface.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    with pytest.raises(UnavailableError, match="buffalo_s is missing, and VIDFX_OFFLINE forbids"):
        insightface_pack("buffalo_s", [])
    assert not asked
    folder.mkdir(parents=True)
    for name in ("det_500m.onnx", "w600k_mbf.onnx"):
        (folder / name).touch()
    assert insightface_pack("buffalo_s", []).name == "det_500m.onnx"
    assert insightface_pack("buffalo_s", [], "embedding").name == "w600k_mbf.onnx"


def test_weights_of_imagenet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from vidfx_training.networks.pretrained import start

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    net: Any = None
    with pytest.raises(VidfxError, match=r"resnet18-\w+\.pth is missing, and VIDFX_OFFLINE"):
        start(net, ["a", "b"], "resnet18", "imagenet", print)


def test_weights_and_biases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from vidfx_training import loggers

    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setitem(sys.modules, "wandb", ModuleType("wandb"))
    logger = loggers.WandbLogger(tmp_path, "run")
    with pytest.raises(VidfxError, match="WANDB_MODE=online needs the network"):
        logger.start({})


def test_the_build(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="VIDFX_OFFLINE forbids to download"):
        fetch(tmp_path / "a.onnx", tmp_path / "LICENSE")
