"""Edited graphs give what the original file gives, picture by picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.engines import toys
from vidfx_engines.base import PIXELS
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.errors import EngineFileError
from vidfx_engines.graph import edit as graph
from vidfx_engines.graph.input import with_pixels, with_planar_pixels
from vidfx_engines.spec import EngineSpec, InputSpec

ort = pytest.importorskip("onnxruntime")


def session(data: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def pictures(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (n, height, width, 3), np.uint8)


def as_it_came(spec: EngineSpec, pixels: np.ndarray) -> np.ndarray:
    """The input that the unedited network wants, made by hand."""
    x = pixels.astype(np.float32)
    if spec.input.colour == "bgr":
        x = x[..., ::-1]
    x = (x - np.float32(spec.input.mean)) * np.float32(spec.input.scale)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def assert_parity(path: Path, side: int) -> None:
    spec = detector_spec_for(path)
    data = path.read_bytes()
    edited, stock = session(graph.prepare(spec, data).data), session(data)
    pixels = pictures(3, side, side)
    names = list(spec.outputs)
    together = edited.run(names, {PIXELS: pixels})
    for i in range(3):
        alone = stock.run(names, {spec.input.name: as_it_came(spec, pixels[i : i + 1])})
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_allclose(a[i], b.reshape(a[i].shape), atol=1e-5, rtol=1e-5)
    for height, width in ((64, 96), (128, 64)):
        pixels = pictures(4, height, width)
        together = edited.run(names, {PIXELS: pixels})
        alone = [edited.run(names, {PIXELS: pixels[i : i + 1]}) for i in range(4)]
        for level, output in enumerate(together):
            assert len(output) == 4
            expected = np.concatenate([one[level] for one in alone])
            np.testing.assert_allclose(output, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "family"),
    [("scrfd_500m_kps", "scrfd"), ("yunet_n_640_640", "yunet"), ("yunet_s_dynamic", "yunet")],
)
def test_real_detectors(test_data: Path, name: str, family: str) -> None:
    path = test_data / "onnx" / f"{name}.onnx"
    assert detector_spec_for(path).family == family
    assert_parity(path, 640)


def test_stock_scrfd_gets_a_batch_axis_and_relative_resizes(tmp_path: Path) -> None:
    toys.stock_scrfd(tmp_path / "scrfd.onnx")
    assert_parity(tmp_path / "scrfd.onnx", 64)


def test_centerface_at_its_declared_batch() -> None:
    """Its file declares ten pictures of 32 px, and only that does the stock graph take."""
    from vidfx_engines.embedded import embedded

    spec = EngineSpec.load(embedded("centerface"))
    data = embedded("centerface").read_bytes()
    pixels = pictures(10, 32, 32)
    names = list(spec.outputs)
    edited = session(graph.prepare(spec, data).data)
    expected = session(data).run(names, {spec.input.name: as_it_came(spec, pixels)})
    for n in (1, 3, 10):
        for a, b in zip(edited.run(names, {PIXELS: pixels[:n]}), expected, strict=True):
            np.testing.assert_allclose(a, b[:n], atol=1e-4, rtol=1e-4)
    assert [o.shape for o in edited.run(names, {PIXELS: pictures(2, 64, 96)})] == [
        (2, 1, 16, 24), (2, 2, 16, 24), (2, 2, 16, 24), (2, 10, 16, 24),
    ]  # fmt: skip


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_every_kind_of_input_gets_the_same_input_tensor(
    colour: str, layout: str, dtype: str
) -> None:
    kind = TensorProto.UINT8 if dtype == "uint8" else TensorProto.FLOAT
    shape = ["b", 3, 8, 8] if layout == "NCHW" else ["b", 8, 8, 3]
    made = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)],
        "same",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    plain = dtype == "uint8"
    mean, scale = ((0.0,) * 3, (1.0,) * 3) if plain else ((1.0, 2.0, 3.0), (0.5, 0.25, 2.0))
    given = InputSpec("x", layout, dtype, colour, mean, scale, 8)  # type: ignore[arg-type]
    pixels = pictures(2, 8, 8)
    expected = pixels[..., ::-1] if colour == "bgr" else pixels
    expected = (expected.astype(np.float32) - np.float32(mean)) * np.float32(scale)
    doors = ((with_pixels, pixels), (with_planar_pixels, pixels.transpose(0, 3, 1, 2)))
    for door, given_pixels in doors:
        edited = onnx.ModelProto()
        edited.CopyFrom(model)
        door(edited, given)
        onnx.checker.check_model(edited)
        feed = {PIXELS: np.ascontiguousarray(given_pixels)}
        (got,) = session(edited.SerializeToString()).run(None, feed)
        np.testing.assert_array_equal(
            got, expected.transpose(0, 3, 1, 2) if layout == "NCHW" else expected
        )


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    """Wherever they hide: a hostile model could read any file as its weights."""
    secret = TensorProto(name="s", data_type=TensorProto.FLOAT, dims=[2])
    secret.data_location = TensorProto.EXTERNAL
    secret.external_data.add(key="location", value="/etc/passwd")
    toys.classifier(tmp_path)
    for hide in ("initializer", "node", "subgraph"):
        model = onnx.load(tmp_path / "toy.onnx")
        constant = helper.make_node("Constant", [], ["s"], value=secret)
        if hide == "initializer":
            model.graph.initializer.append(secret)
        elif hide == "node":
            model.graph.node.append(constant)
        else:
            inner = helper.make_graph([constant], "inner", [], [])
            model.graph.node.append(helper.make_node("If", ["c"], ["o"], then_branch=inner))
        with pytest.raises(EngineFileError, match="weights in other files"):
            graph.parse(model.SerializeToString(), "toy.onnx")


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08\x08", b"\xff" * 100])
def test_what_is_no_onnx_file_is_reported(data: bytes) -> None:
    with pytest.raises(EngineFileError, match=r"x\.onnx: not an ONNX file"):
        graph.parse(data, "x.onnx")


def test_scrfd_without_landmarks_is_reported(tmp_path: Path) -> None:
    toys.stock_scrfd(tmp_path / "scrfd.onnx", landmarks=False)
    with pytest.raises(EngineFileError, match="without landmarks") as raised:
        detector_spec_for(tmp_path / "scrfd.onnx")
    assert "kps" in raised.value.hint


def test_a_file_that_is_no_detector_is_reported(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    with pytest.raises(EngineFileError, match="not a face detector that vidfx knows"):
        detector_spec_for(tmp_path / "toy.onnx")


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("Loop", [2**62], "iterations"),
        ("ConstantOfShape", [1, 2**20, 2**10], "numbers"),
        ("Expand", [2**31], "numbers"),
    ],
)
@pytest.mark.parametrize("as_node", [False, True])
def test_a_graph_that_would_take_all_time_or_memory_is_refused(
    tmp_path: Path, kind: str, values: list[int], told: str, as_node: bool
) -> None:
    toys.classifier(tmp_path)
    model = onnx.load(tmp_path / "toy.onnx")
    tensor = numpy_helper.from_array(np.array(values, np.int64), "bomb")
    if as_node:
        model.graph.node.append(helper.make_node("Constant", [], ["bomb"], value=tensor))
    else:
        model.graph.initializer.append(tensor)
    inputs = ["crops", "bomb"] if kind == "Expand" else ["bomb"]
    model.graph.node.append(helper.make_node(kind, inputs, ["more"], name="large"))
    with pytest.raises(EngineFileError, match=rf"node large \[{kind}\] asks for \d+ {told}"):
        graph.parse(model.SerializeToString(), "toy.onnx")
