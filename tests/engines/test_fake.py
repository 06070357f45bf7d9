"""The fake engine, and the packaged models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vidfx_engines.backends.fake import brightness_classifier
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineFileError, EngineRunError
from vidfx_engines.select import select


def test_brightness_decides() -> None:
    engine = brightness_classifier(("dark", "grey", "bright"), size=16)
    grey = np.array([10, 128, 250], np.uint8)[:, None, None, None]
    (prob,) = engine.run(np.broadcast_to(grey, (3, 16, 16, 3)))
    assert prob.dtype == np.float32
    assert prob.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(prob.sum(axis=1), 1, atol=1e-6)
    assert engine.run(np.zeros((0, 16, 16, 3), np.uint8))[0].shape == (0, 3)
    assert engine.sizes == [3, 0]
    engine.close()
    with pytest.raises(EngineRunError, match="closed"):
        engine.run(np.zeros((1, 16, 16, 3), np.uint8))


def test_centerface_finds_more_face_than_noise(test_data: Path) -> None:
    import zipfile

    import cv2

    with zipfile.ZipFile(test_data / "lfw.zip") as lfw:
        name = next(n for n in lfw.namelist() if n.endswith(".jpg"))
        face = cv2.imdecode(np.frombuffer(lfw.read(name), np.uint8), cv2.IMREAD_COLOR_RGB)
    batch = np.zeros((2, 256, 256, 3), np.uint8)
    batch[0, :250, :250] = face
    heat = select(embedded("centerface")).engine.run(batch)[0]
    assert heat[0].max() > 0.5 > heat[1].max()


def test_missing_and_unknown_models_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EngineFileError, match="no embedded model is named 'age'"):
        embedded("age")
    monkeypatch.setattr("vidfx_engines.embedded.__file__", str(tmp_path / "__init__.py"))
    for name, origin in (
        ("centerface", "downloaded when vidfx is built"),
        ("emotion-embedded", "repository"),
        ("emotion-embedded-8", "repository"),
        ("detector-embedded", "repository"),
    ):
        with pytest.raises(EngineFileError, match=rf"{name}\.onnx: missing; .*{origin}") as raised:
            embedded(name)
        assert "pip install" in raised.value.hint
