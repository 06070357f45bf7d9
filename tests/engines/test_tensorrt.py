"""TensorRT without a GPU: what can be built here, and every reason why a plan would not run."""

from __future__ import annotations

import ast
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from tests.engines import toys
from vidfx_engines.backends import tensorrt as backend
from vidfx_engines.backends.tensorrt_batches import Batches, CapturedGraph
from vidfx_engines.backends.tensorrt_build import OnnxToTensorRT
from vidfx_engines.backends.tensorrt_library import Gpu, import_tensorrt
from vidfx_engines.built import Build, Profile
from vidfx_engines.device import CUDA
from vidfx_engines.errors import EngineFileError, EngineUnavailable
from vidfx_engines.graph import edit as graph
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec
from vidfx_engines.store import CachedEngine

STUB = Path(__file__).parents[2] / "engines/stubs/tensorrt/__init__.pyi"
CROPS = (3, toys.SIDE, toys.SIDE)
PROFILE = Profile((1, *CROPS), (4, *CROPS), (8, *CROPS))
ADA = Gpu("NVIDIA L4", "8.9", "570.1")
BUILD = Build(
    backend="tensorrt",
    precision="fp16",
    source_sha256="1" * 64,
    vidfx="0.1.0",
    library="10.9.0",
    device=ADA.name,
    date="2026-11-25T12:00:00+00:00",
    compute_capability=ADA.compute_capability,
    driver=ADA.driver,
    profile=PROFILE,
)


class Phases:
    """A monitor that remembers, and cancels when it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def started(self, phase: str, steps: int) -> None:
        self.seen.append(phase)

    def advanced(self, phase: str, step: int) -> None: ...

    def finished(self, phase: str) -> None: ...


OPTIONS = OnnxToTensorRT(
    flavour="tensorrt-rtx",
    profile=PROFILE,
    optimisation=3,
    workspace=4 << 30,
    hardware_compatibility="none",
    version_compatible=False,
)


def rtx(profile: Profile = PROFILE, **how: Any) -> OnnxToTensorRT:
    pytest.importorskip("tensorrt_rtx")
    return replace(OPTIONS, profile=profile, **how)


def toy_graph(folder: Path) -> bytes:
    spec = toys.classifier(folder)
    return graph.prepare(spec, (folder / "toy.onnx").read_bytes(), planar=True).data


def test_every_name_in_the_stub_is_in_the_library() -> None:
    pytest.importorskip("tensorrt_rtx")
    library = import_tensorrt("tensorrt-rtx")

    def hold(body: list[ast.stmt], owner: Any, where: str) -> int:
        count = 0
        for node in body:
            names: list[str] = []
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names = [node.name]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            elif isinstance(node, ast.Assign):
                names = [t.id for t in node.targets if isinstance(t, ast.Name)]
            for name in names:
                count += 1
                if name == "__buffer__":  # memoryview() takes it
                    continue
                assert hasattr(owner, name), f"{where}.{name}"
            if isinstance(node, ast.ClassDef):
                count += hold(node.body, getattr(owner, node.name), f"{where}.{node.name}")
        return count

    assert hold(ast.parse(STUB.read_text()).body, library, "tensorrt") > 80


def test_a_plan_is_built_and_its_phases_are_reported(tmp_path: Path) -> None:
    phases = Phases()
    plan = rtx()(toy_graph(tmp_path), monitor=phases)
    assert len(plan.data) > 1000
    assert "Building engine" in phases.seen
    assert plan.timing_cache == b""


def test_ctrl_c_cancels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ctrl-C arrives: in the waiting thread, while TensorRT works in another."""
    data = toy_graph(tmp_path)
    how = rtx()
    real, waits = threading.Thread.join, iter([True])

    def join(thread: threading.Thread, timeout: float | None = None) -> None:
        if thread.name == "tensorrt-build" and next(waits, False):
            raise KeyboardInterrupt
        real(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        how(data)
    assert not [t for t in threading.enumerate() if t.name == "tensorrt-build"]


def test_an_unknown_operator_is_reported_with_its_node(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(toy_graph(tmp_path))
    odd = helper.make_node("Odd", [model.graph.node[-1].input[0]], ["odd"], name="the_odd_one")
    odd.domain = "strange"
    model.opset_import.append(helper.make_opsetid("strange", 1))
    model.graph.node.insert(len(model.graph.node) - 1, odd)
    model.graph.node[-1].input[0] = "odd"
    with pytest.raises(EngineFileError, match=r"the_odd_one.*\[Odd\]") as raised:
        rtx()(model.SerializeToString())
    assert "--backend onnx" in raised.value.hint


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 3, 32, 48)])
def test_wrong_shapes_are_reported(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(EngineFileError, match="imension") as raised:
        rtx(Profile(shape, shape, shape))(toy_graph(tmp_path))
    assert "--batch" in raised.value.hint


@pytest.mark.parametrize(
    "how", [{"hardware_compatibility": "ampere_plus"}, {"version_compatible": True}]
)
def test_rtx_has_no_compatibility_levels(tmp_path: Path, how: dict[str, Any]) -> None:
    with pytest.raises(EngineUnavailable, match="on their own version only"):
        rtx(**how)(toy_graph(tmp_path))


def test_a_missing_library_is_reported_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    import_tensorrt.cache_clear()
    with pytest.raises(EngineUnavailable, match="tensorrt is not installed") as raised:
        replace(OPTIONS, flavour="tensorrt")(toy_graph(tmp_path))
    assert raised.value.hint.startswith("pip install tensorrt")


def test_no_driver_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorRT's own builder gives a null pointer then, which becomes a TypeError."""
    pytest.importorskip("tensorrt_rtx")

    def nothing(*_: object) -> None:
        raise TypeError("pybind11::init(): factory function returned nullptr")

    monkeypatch.setattr(import_tensorrt("tensorrt-rtx"), "Builder", nothing)
    with pytest.raises(EngineUnavailable, match="no NVIDIA driver") as raised:
        rtx()(toy_graph(tmp_path))
    assert "tensorrt-rtx" in raised.value.hint


@pytest.mark.parametrize(
    ("change", "library", "gpu", "told"),
    [
        ({}, "10.9.0", ADA, None),
        ({}, "10.10.0", ADA, "built with tensorrt 10.9.0, here is 10.10.0"),
        ({"version_compatible": True}, "11.4.0", ADA, None),
        ({"version_compatible": True}, "10.8.0", ADA, "built with tensorrt 10.9.0"),
        ({}, "10.9.0", Gpu("NVIDIA A10", "8.6", ""), "capability 8.9 (NVIDIA L4), NVIDIA A10 has"),
        ({}, "10.9.0", Gpu("RTX 4090", "8.9", ""), "built on NVIDIA L4, this is RTX 4090"),
        (
            {"hardware_compatibility": "same_compute_capability"},
            "10.9.0",
            Gpu("RTX 4090", "8.9", ""),
            None,
        ),
        ({"hardware_compatibility": "ampere_plus"}, "10.9.0", Gpu("B200", "10.0", ""), None),
        ({"hardware_compatibility": "ampere_plus"}, "10.9.0", Gpu("T4", "7.5", ""), "T4 is 7.5"),
        ({"backend": "tensorrt-rtx"}, "10.9.0", Gpu("RTX 4090", "8.9", ""), None),
        ({"backend": "tensorrt-rtx"}, "10.9.0", Gpu("H100", "9.0", ""), "does not support"),
        ({"backend": "tensorrt-rtx"}, "10.9.0", Gpu("RTX 5090", "12.0", ""), None),
        ({"backend": "tensorrt-rtx"}, "1.8.0", ADA, "built with tensorrt-rtx 10.9.0, here is 1.8"),
    ],
)
def test_a_plan_for_another_place_is_reported(
    change: dict[str, Any], library: str, gpu: Gpu, told: str | None
) -> None:
    reason = backend.misfit(replace(BUILD, **change), library, gpu)
    assert reason is None if told is None else told in (reason or "")


def plan_spec(folder: Path, **change: Any) -> EngineSpec:
    """A plan whose bytes are no plan, with a record of where it was built."""
    (folder / "toy.plan").write_bytes(b"not a plan")
    spec = replace(
        toys.classifier(folder),
        weights="toy.plan",
        sha256=toys.sha256(folder / "toy.plan"),
        build=replace(BUILD, **change),
    )
    spec.save(folder)
    return spec


@pytest.fixture
def an_l4(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """As if TensorRT 10.9 and a GPU were here; the plans that would have been deserialised."""
    loaded: list[bytes] = []
    monkeypatch.setattr(backend, "version", lambda flavour: "10.9.0")
    monkeypatch.setattr(backend, "gpu", lambda device: ADA)
    monkeypatch.setattr(backend, "TensorRtEngine", lambda spec, plan, *_: loaded.append(plan))
    return loaded


def test_a_plan_that_does_not_fit_is_not_deserialised(tmp_path: Path, an_l4: list[bytes]) -> None:
    plan_spec(tmp_path, library="10.8.0")
    with pytest.raises(EngineUnavailable, match=r"built with tensorrt 10\.8\.0, here is 10\.9\.0"):
        select(tmp_path / "toy.plan", device="cuda", backend="tensorrt")
    assert an_l4 == []


@pytest.mark.parametrize("damage", [b"not a pla", b"not a plan!", b"n0t a plan", b""])
def test_a_truncated_or_altered_plan_is_not_deserialised(
    tmp_path: Path, an_l4: list[bytes], damage: bytes
) -> None:
    plan_spec(tmp_path)
    (tmp_path / "toy.plan").write_bytes(damage)
    with pytest.raises(EngineFileError, match="altered") as raised:
        select(tmp_path / "toy.plan", device="cuda", backend="tensorrt")
    assert "build the engine again" in raised.value.hint
    assert an_l4 == []


def test_a_plan_that_fits_is_loaded_with_the_spec_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, an_l4: list[bytes]
) -> None:
    class Loaded:
        def __init__(self, spec: EngineSpec, *_: object) -> None:
            self.spec, self.backend, self.device, self.precision = spec, "tensorrt", CUDA, "f16"

        def capture(self) -> None: ...

    monkeypatch.setattr(backend, "TensorRtEngine", Loaded)
    plan_spec(tmp_path)
    chosen = select(tmp_path / "toy.plan", device="cuda")
    assert chosen.engine.spec.is_plan
    assert "built 2026-11-25" in chosen.reason


def test_a_plan_is_nothing_for_a_cpu(tmp_path: Path) -> None:
    plan_spec(tmp_path)
    with pytest.raises(EngineUnavailable, match="runs on --device cuda"):
        select(tmp_path / "toy.plan", device="cpu")


def test_labels_that_disagree_with_the_weights_are_reported(tmp_path: Path) -> None:
    spec = replace(toys.classifier(tmp_path), labels=("happy", "sad"))
    with pytest.raises(EngineFileError, match="gives 4 probabilities; labels has 2"):
        graph.prepare(spec, (tmp_path / "toy.onnx").read_bytes(), planar=True)


def test_more_than_the_profile_takes_is_split() -> None:
    torch = pytest.importorskip("torch")
    sizes: list[int] = []

    def enqueue(x: Any) -> tuple[Any, ...]:
        sizes.append(len(x))
        return (x[:, 0, 0, :4].float(),)

    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (19, *CROPS), np.uint8))
    (out,) = Batches(8)(pixels, enqueue)
    assert sizes == [8, 8, 3]
    torch.testing.assert_close(out, pixels[:, 0, 0, :4].float())


def test_small_batches_are_replayed_and_padded() -> None:
    """The smallest graph that holds them; what the padding gave is cut off."""
    torch = pytest.importorskip("torch")
    replayed: list[int] = []

    class Graph:
        def __init__(self, size: int) -> None:
            self.size = size
            self.pixels = torch.zeros((size, *CROPS), dtype=torch.uint8)
            self.output = torch.zeros(size, 1)

        def replay(self) -> None:
            replayed.append(self.size)
            self.output.copy_(self.pixels.float().mean((1, 2, 3))[:, None])

    graphs = [Graph(n) for n in (1, 2, 4)]
    captured = {g.size: CapturedGraph(g, g.pixels, (g.output,)) for g in graphs}
    batches = Batches(8, captured)
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, *CROPS), np.uint8))
    kept = []
    for n in (1, 3, 2, 4, 5, 9):
        (out,) = batches(pixels[:n], lambda x: (x.float().mean((1, 2, 3))[:, None],))
        kept.append((n, out))
    assert replayed == [1, 4, 2, 4, 1]
    for n, out in kept:  # results are the caller's own: a later replay leaves them
        torch.testing.assert_close(out, pixels[:n].float().mean((1, 2, 3))[:, None])


def test_auto_takes_a_gpu_only_where_something_runs_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, an_l4: list[bytes]
) -> None:
    monkeypatch.setattr("vidfx_engines.select.has_gpu", lambda: True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    toys.classifier(tmp_path)
    chosen = select(tmp_path / "toy.onnx")
    assert chosen.engine.backend == "openvino"
    passed_over = [name for name, _ in chosen.passed_over]
    assert passed_over == ["tensorrt", "tensorrt-rtx", "torch", "onnxruntime"]
    assert "vidfx build-engine" in chosen.passed_over[0][1]


def test_a_kept_plan_that_tensorrt_refuses_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, an_l4: list[bytes]
) -> None:
    kept = plan_spec(tmp_path)

    def refuse(*_: object) -> None:
        raise EngineUnavailable("toy.plan: TensorRT rejects this plan")

    monkeypatch.setattr(backend, "TensorRtEngine", refuse)
    monkeypatch.setattr("vidfx_engines.select.has_gpu", lambda: True)
    kept_here = [CachedEngine(tmp_path / "toy.spec.json", kept)]
    monkeypatch.setattr("vidfx_engines.select.built_from", lambda _: kept_here)
    toys.classifier(tmp_path)
    chosen = select(tmp_path / "toy.onnx")
    assert chosen.engine.backend == "openvino"
    assert "TensorRT rejects this plan" in chosen.passed_over[0][1]
    with pytest.raises(EngineUnavailable, match="rejects this plan"):
        select(tmp_path / "toy.plan", spec=kept, device="cuda", backend="tensorrt")
