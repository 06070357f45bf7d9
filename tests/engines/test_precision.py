"""FP16 and INT8 written into graphs: what stays equal, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

pytest.importorskip("onnxruntime")
from tests.engines import toys
from vidfx.compile.precisions import AS_WRITTEN, load_candidate
from vidfx_engines.building import with_precision
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.errors import EngineFileError
from vidfx_engines.graph import edit as graph
from vidfx_engines.graph.half import Half, to_half
from vidfx_engines.graph.quantise import as_own_input, quantise
from vidfx_engines.spec import EngineSpec


def pictures(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (n, height, width, 3), np.uint8)


def run(spec: EngineSpec, data: bytes, folder: Path, batch: np.ndarray) -> np.ndarray:
    """As the graph is written: int8 kernels overflow on some processors."""
    return load_candidate(spec, data, AS_WRITTEN, "int8", folder).run(batch)[0]


def element_types(model: onnx.ModelProto) -> set[int]:
    return {tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) > 1}


@pytest.mark.parametrize(("kind", "element"), [("fp16", 10), ("bf16", 16)])
def test_half_changes_weights_and_not_the_edges(tmp_path: Path, kind: Half, element: int) -> None:
    toys.classifier(tmp_path)
    model = to_half(onnx.load(tmp_path / "toy.onnx"), kind)
    assert element_types(model) == {element}
    assert model.graph.input[0].type.tensor_type.elem_type == TensorProto.UINT8
    assert model.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert [v.name for v in model.graph.output] == ["probabilities"]


def test_fp16_says_what_fp32_said(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    source = (tmp_path / "toy.onnx").read_bytes()
    batch = pictures(5, toys.SIDE, toys.SIDE)
    before = run(spec, source, tmp_path, batch)
    after = run(spec, with_precision(spec, source, "fp16", "onnx", batch), tmp_path, batch)
    assert 0 < np.abs(before - after).max() < 5e-3


def test_a_float_input_stays_one_and_resizes_keep_their_factors(tmp_path: Path) -> None:
    toys.stock_scrfd(tmp_path / "scrfd.onnx")
    model = onnx.load(tmp_path / "scrfd.onnx")
    graph.with_dynamic_shape(model)
    to_half(model, "fp16")
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    factors = [t for t in model.graph.initializer if t.name.endswith("_float")]
    assert [t.data_type for t in factors] == [TensorProto.FLOAT]


def test_a_weight_that_fp16_cannot_hold_is_an_error(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    model = onnx.load(tmp_path / "toy.onnx")
    wide = np.full((1, 1, 1, 1), 7e4, np.float32)
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(wide, model.graph.initializer[0].name)
    )
    with pytest.raises(EngineFileError, match="above 65504") as raised:
        to_half(model, "fp16")
    assert "bf16" in raised.value.hint


def test_graphs_within_graphs_are_an_error(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    model = onnx.load(tmp_path / "toy.onnx")
    model.graph.node.append(helper.make_node("If", ["x"], ["y"], name="branch"))
    with pytest.raises(EngineFileError, match=r"node branch \[If\]"):
        to_half(model, "fp16")


@pytest.mark.parametrize("backend", ["openvino", "tensorrt", "tensorrt-rtx", "onnx"])
def test_int8_is_signed_for_tensorrt_and_unsigned_for_cpus(tmp_path: Path, backend: str) -> None:
    spec = toys.classifier(tmp_path)
    source = (tmp_path / "toy.onnx").read_bytes()
    batch = pictures(32, toys.SIDE, toys.SIDE)
    data = with_precision(spec, source, "int8", backend, batch)  # type: ignore[arg-type]
    model = onnx.load_model_from_string(data)
    kinds = Counter(node.op_type for node in model.graph.node)
    assert kinds["QuantizeLinear"]
    zeros = {
        t.name: numpy_helper.to_array(t)
        for t in model.graph.initializer
        if t.name.endswith("zero_point")
    }
    activations = {
        zeros[node.input[2]].dtype.name: int(np.abs(zeros[node.input[2]]).max())
        for node in model.graph.node
        if node.op_type == "QuantizeLinear"
    }
    if backend.startswith("tensorrt"):
        assert activations == {"int8": 0}
    else:
        assert set(activations) == {"uint8"}
    before, after = (run(spec, d, tmp_path, batch) for d in (source, data))
    assert np.abs(before - after).max() < 0.1
    assert (before.argmax(1) == after.argmax(1)).mean() > 0.9


def test_what_judges_an_int8_graph_computes_it_as_it_is_written(tmp_path: Path) -> None:
    """The standard's own reference in NumPy gives the same on every processor."""
    spec = toys.classifier(tmp_path)
    batch = pictures(8, toys.SIDE, toys.SIDE)
    source = (tmp_path / "toy.onnx").read_bytes()
    data = with_precision(spec, source, "int8", "tensorrt", batch)
    planar = {"crops": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}
    model = onnx.load_model_from_string(data)
    model.opset_import[0].version = 19  # the first whose pairs the reference knows; they are alike
    expected = ReferenceEvaluator(model).run(None, planar)
    np.testing.assert_allclose(run(spec, data, tmp_path, batch), expected[0], atol=1e-3)


def test_int8_of_a_detector_still_takes_any_sides(tmp_path: Path) -> None:
    toys.stock_scrfd(tmp_path / "scrfd.onnx")
    spec = detector_spec_for(tmp_path / "scrfd.onnx")
    source = (tmp_path / "scrfd.onnx").read_bytes()
    data = with_precision(spec, source, "int8", "openvino", pictures(4, 64, 96))
    for height, width in ((64, 64), (96, 64)):
        batch = pictures(2, height, width)
        assert run(spec, data, tmp_path, batch).shape == run(spec, source, tmp_path, batch).shape


def test_pictures_are_fed_as_the_file_takes_them() -> None:
    given = toys.identity_spec().input
    batch = pictures(2, 8, 8)
    fed = as_own_input(given, batch)
    assert fed.dtype == np.float32
    np.testing.assert_allclose(fed[0, 0, 0], (batch[0, 0, 0, ::-1] - np.array([1, 2, 3])) * 0.5)
    planar = as_own_input(replace(given, layout="NCHW", dtype="uint8", colour="rgb"), batch)
    np.testing.assert_array_equal(planar, batch.transpose(0, 3, 1, 2))


def test_what_cannot_be_quantised_is_an_error_with_a_hint(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    with pytest.raises(EngineFileError, match="cannot be converted to int8") as raised:
        quantise(b"\x00broken", spec.input, pictures(2, 32, 32), "signed")
    assert "fp16" in raised.value.hint
