"""Detectors by name, by path and by pack, and the error where one is missing."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vidfx.annotation.models import load_models
from vidfx.config import Settings
from vidfx.errors import UnavailableError
from vidfx_engines.backends.fake import FakeEngine
from vidfx_engines.device import CPU, CUDA
from vidfx_engines.select import Selection


def storage(monkeypatch: pytest.MonkeyPatch, ensure_available: Any) -> None:
    """Stand in for insightface's downloader."""
    module = ModuleType("insightface.utils.storage")
    module.ensure_available = ensure_available  # pyright: ignore[reportAttributeAccessIssue]
    for name in ("insightface", "insightface.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "insightface.utils.storage", module)


def test_a_pack_gives_its_detector_and_says_its_licence(
    monkeypatch: pytest.MonkeyPatch, test_data: Path, tmp_path: Path
) -> None:
    shutil.copy(test_data / "onnx" / "scrfd_500m_kps.onnx", tmp_path / "det_500m.onnx")
    storage(monkeypatch, lambda kind, name: str(tmp_path))
    with load_models(Settings(detector="buffalo_s", emotion="none")) as models:
        assert models.detector.engine.spec.family == "scrfd"
        assert any("non-commercial" in notice.text for notice in models.notices())


def test_a_download_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(kind: str, name: str) -> str:
        raise ConnectionError("no route\nto host")

    storage(monkeypatch, fail)
    with pytest.raises(UnavailableError, match="could not download the pack") as caught:
        load_models(Settings(detector="buffalo_s", emotion="none"))
    assert "\n" not in str(caught.value) and "buffalo_s" in caught.value.hint


def test_without_insightface_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "insightface", None)
    monkeypatch.delitem(sys.modules, "insightface.utils.storage", raising=False)
    monkeypatch.delitem(sys.modules, "insightface.utils", raising=False)
    with pytest.raises(UnavailableError, match="insightface") as caught:
        load_models(Settings(detector="antelopev2", emotion="none"))
    assert "vidfx[insightface]" in caught.value.hint


def test_what_runs_where_is_said() -> None:
    with load_models(Settings()) as models:
        lines = [notice.text for notice in models.notices()]
        assert [line.split(":")[0] for line in lines] == ["detection", "check", "emotion"]
        for model in models.describe():
            assert model["licence"] and model["backend"] == "openvino"


def test_the_embedded_detector_is_checked_by_centerface_and_others_are_not() -> None:
    with load_models(Settings(emotion="none")) as models:
        found = {model["task"]: model["name"] for model in models.describe()}
        assert found == {"detection": "detector-embedded", "check": "centerface"}
        assert models.names() == {"detection": "detector-embedded or centerface"}
        assert models.checker and models.checker.threshold > models.detector.threshold
    with load_models(Settings(detector="centerface", emotion="none")) as models:
        assert models.checker is None and len(models.describe()) == 1


@pytest.mark.parametrize(("name", "runs"), [("embedded", "centerface"), ("own", "yunet")])
def test_thorough_is_one_detector_and_a_larger_picture(
    name: str, runs: str, request: pytest.FixtureRequest
) -> None:
    if name == "own":
        name = str(request.getfixturevalue("test_data") / "onnx" / "yunet_n_dynamic.onnx")
    with load_models(Settings(detector=name, emotion="none", thorough=True)) as models:
        assert models.checker is None and models.detector.long_side == 960
        assert models.detector.engine.spec.family == runs


class Prepares(FakeEngine):
    """A fake engine that records which shapes it was to prepare."""

    def __init__(self, like: FakeEngine | Any) -> None:
        super().__init__(like.spec, lambda batch: (batch,))
        self.prepared: list[tuple[int, int]] = []

    def prepare(self, height: int, width: int) -> None:
        self.prepared.append((height, width))


def test_engines_prepare_the_shape_of_the_video() -> None:
    with load_models(Settings()) as loaded:
        engines = [Prepares(selection.engine) for selection in loaded.selections]
        selections = tuple(Selection(engine, "", ()) for engine in engines)
        for device, expected in ((CUDA, [(640, 384)]), (CPU, []), (None, [(640, 384)])):
            models = replace(loaded, selections=selections, tensors_on=device)
            models.prepare(1080, 1920)
            for engine in engines:
                assert engine.prepared == expected
                engine.prepared.clear()
