from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from tests.engines import toys
from vidfx_engines.built import Build
from vidfx_engines.embedding_files import embedding_spec_for
from vidfx_engines.errors import EngineFileError
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec


@pytest.mark.parametrize(("normalises", "mean"), [(True, 0.0), (False, 127.5)])
def test_a_file_of_arcfaces_kind_needs_no_spec(
    tmp_path: Path, normalises: bool, mean: float
) -> None:
    path = toys.embedding(tmp_path, normalises=normalises)
    spec = embedding_spec_for(path)
    assert spec.task == "embedding"
    assert spec.crop is not None
    assert (spec.crop.template, spec.crop.size, spec.input.mean[0]) == ("arcface", 112, mean)
    assert EngineSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime", "torch"])
def test_every_backend_gives_a_row_for_every_face(tmp_path: Path, backend: str) -> None:
    pytest.importorskip(backend)
    path = toys.embedding(tmp_path)
    engine = select(path, spec=embedding_spec_for(path), backend=backend, device="cpu").engine
    faces = np.random.default_rng(0).integers(0, 256, (11, 112, 112, 3), np.uint8)
    (whole,) = engine.run(faces)
    assert whole.shape == (11, toys.COLUMNS)
    np.testing.assert_allclose(engine.run(faces[3:5])[0], whole[3:5], atol=2e-2)
    assert engine.run(faces[:0])[0].shape == (0, toys.COLUMNS)


@pytest.mark.parametrize("template", ["arcface", "dlib"])
def test_a_file_that_is_no_embedding_is_one_line(tmp_path: Path, template: str) -> None:
    toys.classifier(tmp_path, labels=("a", "b"), columns=2)
    with pytest.raises(EngineFileError, match="not one vector a face"):
        embedding_spec_for(tmp_path / "toy.onnx", template)  # pyright: ignore[reportArgumentType]
    toys.stock_scrfd(tmp_path / "scrfd.onnx")
    with pytest.raises(EngineFileError, match="not one"):
        embedding_spec_for(tmp_path / "scrfd.onnx")


def test_what_may_be_compared_has_one_model(tmp_path: Path) -> None:
    path = toys.embedding(tmp_path)
    spec, cut_otherwise = embedding_spec_for(path), embedding_spec_for(path, "dlib")
    assert spec.embedding_model != cut_otherwise.embedding_model
    build = Build("onnx", "fp16", spec.sha256, "0", "1", "", "2026-01-01")
    built = replace(spec, sha256="1" * 64, build=build)
    assert built.embedding_model == spec.embedding_model
    assert replace(spec, licence="another").embedding_model == spec.embedding_model


def test_an_embedding_with_labels_is_refused(tmp_path: Path) -> None:
    spec = replace(embedding_spec_for(toys.embedding(tmp_path)), labels=("a", "b"))
    with pytest.raises(ValueError, match="labels: an embedding has none"):
        EngineSpec.from_json(spec.to_json())


@pytest.mark.parametrize(
    "pads", [[0, 0, 0, 0, 0, 2, 1, 1], [0, 1, 2, 0, 0, 0, 0, 3]], ids=["end", "mixed"]
)
def test_torch_pads_as_onnx_says(pads: list[int]) -> None:
    torch = pytest.importorskip("torch")
    from vidfx_engines.backends.torch_operators import OPERATORS

    x = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    node = helper.make_node("Pad", ["x", "pads"], ["y"])
    graph = helper.make_graph(
        [node],
        "pad",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("pads", TensorProto.INT64, [8], pads)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    (expected,) = ReferenceEvaluator(model).run(None, {"x": x})
    found = OPERATORS["Pad"]([torch.from_numpy(x), torch.tensor(pads)], {})
    np.testing.assert_array_equal(found.numpy(), expected)
