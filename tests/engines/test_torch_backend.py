"""ONNX graphs run by torch: the results of ONNX Runtime, and one line for what it cannot run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

pytest.importorskip("torch")
import onnxruntime
import torch

from tests.engines import toys
from tests.vidfx_command import run_python
from vidfx_engines.backends.torch_graph import TorchGraph
from vidfx_engines.base import PIXELS
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineUnavailable
from vidfx_engines.graph import edit as graph
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec

DETECTORS = ("centerface", "detector-embedded", "scrfd_500m_kps", "yunet_n_dynamic",
             "yunet_n_640_640", "yunet_s_dynamic")  # fmt: skip


def both(path: Path, batch: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each output of ``batch``, from torch and from ONNX Runtime."""
    outputs: list[tuple[np.ndarray, ...]] = []
    for backend in ("torch", "onnxruntime"):
        engine = select(path, device="cpu", backend=backend, threads=1).engine
        outputs.append(engine.run(batch))
        engine.close()
    return list(zip(*outputs, strict=True))


def pictures(n: int, *sides: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, *sides, 3), np.uint8)


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors(name: str, request: pytest.FixtureRequest) -> None:
    if name.startswith(("scrfd", "yunet")):
        path = request.getfixturevalue("test_data") / "onnx" / f"{name}.onnx"
    else:
        path = embedded(name)
    for n, height, width in ((1, 96, 160), (3, 64, 64), (17, 64, 32)):
        for mine, theirs in both(path, pictures(n, height, width)):
            np.testing.assert_allclose(mine, theirs, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("name", ["emotion-embedded", "emotion-embedded-8"])
@pytest.mark.parametrize("n", [0, 1, 8, 9, 70])
def test_expression_models(name: str, n: int) -> None:
    for mine, theirs in both(embedded(name), pictures(n, 96, 96)):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


@pytest.mark.parametrize("arch", ["small", "resnet18", "vggface"])
def test_networks_that_vidfx_trains(arch: Any, tmp_path: Path) -> None:
    from vidfx_training.networks.classifier import CropClassifier, build
    from vidfx_training.onnx_export.onnx_file import exported, halved
    from vidfx_training.recipe import Input, Model, Recipe

    torch.manual_seed(0)
    model = Model(arch, width=8, mirror=arch != "vggface")
    recipe = Recipe("x", "emotion", input=Input(side=32, crop=toys.SIDE), model=model)
    net = CropClassifier(build(recipe, len(toys.LABELS)), recipe, 1.2).eval()
    example = torch.zeros((2, 3, toys.SIDE, toys.SIDE), dtype=torch.uint8)
    dynamic = {0: torch.export.Dim("batch", min=1, max=1024)}
    data = halved(exported(net, example, ["crops"], ["probabilities"], dynamic))
    spec = toys.classifier(tmp_path)
    (tmp_path / "toy.onnx").write_bytes(data)
    replace(spec, sha256=toys.sha256(tmp_path / "toy.onnx")).save(tmp_path)
    for mine, theirs in both(tmp_path / "toy.onnx", pictures(3, toys.SIDE, toys.SIDE)):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_the_order_of_colours_and_axes_of_the_weights(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    bgr = replace(spec, input=replace(spec.input, colour="bgr"))
    bgr.save(tmp_path)
    for mine, theirs in both(tmp_path / "toy.onnx", pictures(3, toys.SIDE, toys.SIDE)):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_one_batch_is_a_fixed_list_of_operations_without_waiting() -> None:
    """What depends on shapes only is computed once; nothing is read back from the device."""
    from torch.utils._python_dispatch import TorchDispatchMode

    counted: list[str] = []

    class Count(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            counted.append(str(func))
            return func(*args, **(kwargs or {}))

    spec = EngineSpec.load(embedded("detector-embedded"))
    weights = spec.read_weights(embedded("detector-embedded").parent)
    data = graph.prepare(spec, weights, planar=True).data
    network = TorchGraph(data, spec.outputs, torch.device("cpu"), None)
    pixels = torch.zeros((2, 3, 64, 96), dtype=torch.uint8)
    network(pixels)
    with Count():
        network(pixels)
    assert len(counted) < 300  # of 206 nodes; a convolution counts twice
    assert not [name for name in counted if "_local_scalar_dense" in name]


NODES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("Conv", [(4, 3, 3, 3)], {"pads": [0, 1, 1, 0], "strides": [2, 2]}),
    ("Conv", [(4, 3, 3, 3), (4,)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", [(4, 3, 2, 2)], {"auto_pad": "SAME_LOWER"}),
    ("Conv", [(3, 1, 3, 3)], {"group": 3, "dilations": [2, 2], "auto_pad": "VALID"}),
    ("ConvTranspose", [(3, 2, 2, 2), (2,)], {"strides": [2, 2]}),
    ("ConvTranspose", [(3, 2, 3, 3)],
     {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    ("MaxPool", [], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    ("MaxPool", [], {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1]}),
    ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [], {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1], "count_include_pad": 1}),
    ("GlobalAveragePool", [], {}),
    ("BatchNormalization", [(3,), (3,), (3,), np.float32([1, 2, 3])], {"epsilon": 1e-3}),
    ("PRelu", [(3, 1, 1)], {}),
    ("LeakyRelu", [], {"alpha": 0.2}),
    ("HardSwish", [], {}),
    ("HardSigmoid", [], {"alpha": 0.3}),
    ("Softplus", [], {}),
    ("Tanh", [], {}),
    ("Clip", [np.float32(-0.5), np.float32(0.5)], {}),
    ("Clip", [np.float32(0)], {}),
    ("Flatten", [], {"axis": 2}),
    ("Transpose", [], {}),
    ("Softmax", [], {}),
    ("Slice", [np.int64([-1]), np.int64([-(1 << 40)]), np.int64([3]), np.int64([-1])], {}),
    ("Slice", [np.int64([5, 1]), np.int64([1, -1]), np.int64([2, -1]), np.int64([-2, 3])], {}),
    ("Slice", [np.int64([1]), np.int64([1 << 40])], {}),
    ("Gather", [np.int64([2, 1, -3])], {"axis": 1}),
    ("Gather", [np.array(-1, np.int64)], {"axis": 2}),
    ("GatherND", [np.int64([[0, 2], [0, 0]])], {}),
    ("Reshape", [np.int64([0, -1, 2])], {}),
    ("Unsqueeze", [np.int64([0, -1])], {}),
    ("Expand", [np.int64([2, 1, 1, 1, 1])], {}),
    ("ReduceMean", [np.int64([2, 3])], {"keepdims": 0}),
    ("ReduceSum", [], {}),
    ("ReduceMax", [np.int64([-1])], {}),
    ("Pow", [np.float32(2)], {}),
    ("Max", [(1, 3, 1, 1), (1,)], {}),
    ("Resize", [None, np.float32([1, 1, 2, 3])],
     {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
    ("Resize", [None, np.float32([1, 1, 2, 2])], {}),
    ("Resize", [None, np.float32([1, 1, 1.5, 0.75])], {"mode": "linear"}),
    ("Resize", [None, np.float32([1, 1, 2, 2])],
     {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
]  # fmt: skip


def one_node(kind: str, more: list[Any], attributes: dict[str, Any], opset: int = 18) -> bytes:
    """A model of one node on pixels (1, 3, 8, 10), which are made floats in front of it."""
    random = np.random.default_rng(0)
    constants = {
        f"c{i}": random.normal(0, 1, value).astype(np.float32)
        if isinstance(value, tuple)
        else value
        for i, value in enumerate(more)
    }
    names = [name if value is not None else "" for name, value in constants.items()]
    nodes = [
        helper.make_node("Cast", [PIXELS], ["cast"], to=1),
        helper.make_node("Sub", ["cast", "mean"], ["x"]),
        helper.make_node(kind, ["x", *names], ["y"], **attributes),
    ]
    constants["mean"] = np.float32(127)
    if kind not in ("Conv", "ConvTranspose"):
        nodes[1] = helper.make_node("Div", ["cast", "mean"], ["x"])
    weights = [
        numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
        if value is not None
    ]
    given = helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, [1, 3, 8, 10])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph(nodes, "one", [given], [made], weights),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("kind", "more", "attributes"), NODES, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(NODES)]
)
def test_operators(kind: str, more: list[Any], attributes: dict[str, Any]) -> None:
    data = one_node(kind, more, attributes)
    pixels = np.random.default_rng(1).integers(0, 256, (1, 3, 8, 10), np.uint8)
    (expected,) = onnxruntime.InferenceSession(data).run(None, {PIXELS: pixels})
    network = TorchGraph(data, ["y"], torch.device("cpu"), None)
    (found,) = network(torch.from_numpy(pixels))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "more", "attributes", "said"),
    [
        ("Erf", [], {}, r"torch cannot run node y \[Erf\]: not in its table of operators"),
        ("Resize", [None, np.float32([1, 1, 2, 2])], {"mode": "cubic"}, "Resize in mode cubic"),
        ("Reshape", [np.int64([7, -1])], {}, r"\[Reshape\]: "),
    ],
)
def test_what_it_cannot_run_is_refused_when_it_is_loaded(
    kind: str, more: list[Any], attributes: dict[str, Any], said: str
) -> None:
    data = one_node(kind, more, attributes)
    with pytest.raises(EngineUnavailable, match=said):
        TorchGraph(data, ["y"], torch.device("cpu"), None)


def test_an_unknown_operator_is_a_reason_to_pass_over(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    model = onnx.load(tmp_path / "toy.onnx")
    (relu, *_) = [node for node in model.graph.node if node.op_type == "Relu"]
    relu.op_type = "Softsign"
    onnx.save(model, tmp_path / "toy.onnx")
    replace(spec, sha256=toys.sha256(tmp_path / "toy.onnx")).save(tmp_path)
    with pytest.raises(
        EngineUnavailable, match=r"toy: nothing can run it on cpu: torch: .*Softsign"
    ):
        select(tmp_path / "toy.onnx", device="cpu", backend="torch")
    assert select(tmp_path / "toy.onnx", device="cpu", backend="onnxruntime")


def test_loading_a_graph_does_not_load_the_compiler_of_torch() -> None:
    """That alone takes over a second; torch loads it for many an operation without values."""
    done = run_python(
        "import sys; from vidfx_engines.embedded import embedded\n"
        "from vidfx_engines.select import select\n"
        "engine = select(embedded('detector-embedded'), device='cpu', backend='torch').engine\n"
        "engine.prepare(64, 64); engine.close(); print('torch._dynamo' in sys.modules)"
    )
    assert done.stdout.strip() == "False", done.stdout + done.stderr
