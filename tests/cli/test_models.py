"""`vidfx models list`, `path` and `verify`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.vidfx_command import last_line, vidfx, vidfx_json
from vidfx_engines import inventory
from vidfx_engines.embedded import ORIGINS, embedded


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def save(path: Path, content: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_model_is_listed_with_its_terms(home: Path) -> None:
    save(home / ".insightface/models/buffalo_s/det_500m.onnx")
    save(home / "cache/vidfx/weights/vgg_face_dag.pth")
    models = {model["name"]: model for model in vidfx_json("models", "list")["models"]}
    assert {*ORIGINS, "buffalo_s/det_500m", "vgg_face_dag.pth"} == models.keys()
    for name in ORIGINS:
        model = models[name]
        assert model["bytes"] == embedded(name).stat().st_size and len(model["sha256"]) == 64
        assert model["licence"] and model["training_data"] and model["origin"] == "included"
    pack = models["buffalo_s/det_500m"]
    assert "non-commercial" in pack["licence"] and pack["sha256"] is None and pack["bytes"] == 7
    assert models["vgg_face_dag.pth"]["licence"] == "not stated"
    text = vidfx("models", "list").stdout
    assert "buffalo_s/det_500m: insightface" in text and "trained on: WIDER FACE" in text


def test_the_path_of_a_model() -> None:
    assert vidfx("models", "path", "emotion-embedded").stdout.strip() == str(
        embedded("emotion-embedded")
    )
    done = vidfx("models", "path", "emotion")
    assert done.exit_code == 4 and "no model is named 'emotion' (known: centerface" in last_line(
        done
    )


def test_models_are_verified(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(home / "cache/vidfx/weights/a.pth")
    rows = {row["name"]: row for row in vidfx_json("models", "verify")["models"]}
    assert {rows[name]["verdict"] for name in ORIGINS} == {"intact"}
    assert rows["a.pth"]["verdict"] == "no sha256 is stated"
    assert rows["a.pth"]["sha256"] == hashlib.sha256(b"weights").hexdigest()
    for path, verdict in ((save(home / "b.onnx"), "altered"), (home / "c.onnx", "missing")):
        model = inventory.KnownModel("b", "included", path, "MIT", "?", "0" * 64)
        monkeypatch.setattr(inventory, "known_models", lambda model=model: [model])
        done = vidfx("models", "verify", "b")
        assert done.exit_code == 4 and f"b: {verdict}" in done.stdout
        assert str(path) in last_line(done)
