"""Face embeddings by name, by pack and by path, and the error where it is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.annotation.test_models import storage
from tests.engines import toys
from vidfx.annotation.embedding_engine import find_embedding, load_embedding
from vidfx.config import Settings
from vidfx.errors import UnavailableError, UsageError
from vidfx.stages.embed import embed, unit_rows
from vidfx_engines.embedding_files import embedding_spec_for


def test_a_pack_gives_its_embedding_and_says_its_licence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toys.embedding(tmp_path).rename(tmp_path / "w600k_mbf.onnx")
    storage(monkeypatch, lambda kind, name: str(tmp_path))
    notices: list[str] = []
    path, spec = find_embedding("buffalo_s", None, notices)
    assert path.name == "w600k_mbf.onnx"
    assert "non-commercial" in spec.licence
    assert "non-commercial" in notices[0]
    path.unlink()
    with pytest.raises(UnavailableError, match=r"embedding buffalo_s: no w600k_\*.onnx or"):
        find_embedding("buffalo_s", None, notices)


def test_a_file_is_cut_for_as_the_user_says(tmp_path: Path) -> None:
    model = str(toys.embedding(tmp_path))
    for crop, template in ((None, "arcface"), ("arcface", "arcface"), ("dlib", "dlib")):
        spec = find_embedding(model, crop, [])[1]  # pyright: ignore[reportArgumentType]
        assert spec.crop is not None
        assert spec.crop.template == template
    embedding_spec_for(model).save(tmp_path)
    with pytest.raises(UsageError, match="needs arcface crops, as its spec says, not dlib"):
        find_embedding(model, "dlib", [])


def test_an_engine_for_something_else_is_refused() -> None:
    with pytest.raises(UsageError, match="for emotion, not an embedding"):
        find_embedding("emotion-embedded", None, [])


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "torch"])
def test_a_published_file_gives_the_same_alone_and_in_a_batch(
    test_data: Path, backend: str
) -> None:
    pytest.importorskip(backend)
    model = str(test_data / "onnx" / "mobilefacenet.onnx")
    settings = Settings(device="cpu", backend=backend)  # pyright: ignore[reportArgumentType]
    engine = load_embedding(model, None, settings, []).engine
    faces = np.random.default_rng(0).integers(0, 256, (9, 112, 112, 3), np.uint8)
    whole = embed(engine, faces)
    assert whole.shape == (9, 128)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embed(engine, faces[4:5]), whole[4:5], atol=1e-4)


def test_embeddings_without_a_direction_are_not_a_number() -> None:
    rows = unit_rows(np.array([[3, 4], [0, 0], [np.inf, 1], [np.nan, 1]], np.float32))
    np.testing.assert_allclose(rows[0], [0.6, 0.8], atol=1e-6)
    assert np.isnan(rows[1:]).all()
