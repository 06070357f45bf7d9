"""dlib-face: the ONNX file made of dlib's file gives what dlib gives."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.engines import dlib_reference
from vidfx_engines.dlib_face import convert
from vidfx_engines.dlib_face.convert import PACKAGE, SPEC, dlib_face
from vidfx_engines.errors import EngineFileError, EngineUnavailable
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec

needs_package = pytest.mark.skipif(find_spec(PACKAGE) is None, reason="vidfx[people] not installed")


@needs_package
@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "torch"])
def test_it_equals_dlib(backend: str) -> None:
    pytest.importorskip(backend)
    engine = select(dlib_face(), backend=backend, device="cpu", precision="f32").engine
    (found,) = engine.run(dlib_reference.pictures())
    engine.close()
    np.testing.assert_allclose(found, dlib_reference.embeddings(), atol=2e-6)
    assert np.abs(found - found.mean(0)).max() > 0.02


@needs_package
def test_it_is_converted_once_and_again_where_the_file_was_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = dlib_face()
    spec = EngineSpec.load(path)
    assert spec == EngineSpec.load(SPEC)
    spec.read_weights(path.parent)
    monkeypatch.setattr(convert, "_source", lambda: pytest.fail("converted again"))
    assert dlib_face() == path
    monkeypatch.undo()
    path.write_bytes(b"something else")
    assert dlib_face() == path
    spec.read_weights(path.parent)


def test_without_the_package_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(convert, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match="face-recognition-models") as caught:
        dlib_face()
    assert "vidfx[people]" in caught.value.hint


def test_another_file_is_not_converted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "package" / convert.FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\x01\x01")
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path / "package")])
    monkeypatch.setattr(convert, "find_spec", lambda name: package)
    with pytest.raises(EngineFileError, match="not the known file"):
        dlib_face()


def test_a_cache_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "vidfx").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="cannot be written") as caught:
        dlib_face()
    assert "XDG_CACHE_HOME" in caught.value.hint
