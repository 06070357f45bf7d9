"""Which backend runs an engine, and the reasons against the others."""

from __future__ import annotations

import gc
import os
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engines import toys
from tests.vidfx_command import run_python
from vidfx_engines import compiled_cache
from vidfx_engines.backends import onnxruntime_library
from vidfx_engines.backends import openvino as ov
from vidfx_engines.backends.tensorrt_library import has_gpu
from vidfx_engines.errors import EngineFileError, EngineUnavailable
from vidfx_engines.libraries import importing
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    toys.classifier(tmp_path)
    return tmp_path / "toy.onnx"


def without(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ``library`` were not installed."""
    monkeypatch.setitem(sys.modules, library, None)
    for cached in (ov.import_openvino, ov.core, onnxruntime_library.import_onnxruntime):
        cached.cache_clear()


def test_openvino_is_the_first_choice(toy: Path) -> None:
    chosen = select(toy, device="cpu")
    assert chosen.engine.backend == "openvino"
    assert chosen.passed_over == ()
    assert chosen.reason.startswith("openvino on CPU, ")


def test_what_was_passed_over_is_reported(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without("openvino", monkeypatch)
    chosen = select(toy, device="cpu")
    assert chosen.engine.backend == "onnxruntime"
    assert chosen.passed_over == (("openvino", "openvino is not installed"),)


@pytest.mark.parametrize("library", ["openvino", "onnxruntime", "torch"])
def test_a_named_backend_is_used_or_is_an_error(
    toy: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    assert select(toy, backend=library).reason.endswith("you named it")
    without(library, monkeypatch)
    with pytest.raises(EngineUnavailable, match=f"{library} is not installed") as raised:
        select(toy, backend=library)
    assert raised.value.hint.startswith("pip install ")


def test_cuda_is_used_or_is_an_error(toy: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(EngineUnavailable) as raised:
        select(toy, device="cuda:0")
    assert "tensorrt: no plan was built for it" in str(raised.value)
    assert "CUDAExecutionProvider" in str(raised.value)
    assert "; torch: " in str(raised.value)
    assert raised.value.hint
    if not has_gpu():
        assert str(raised.value).startswith("no NVIDIA GPU was found here")
    with pytest.raises(EngineUnavailable, match="openvino does not run on cuda"):
        select(toy, device="cuda", backend="openvino")


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CPU", ""])
def test_unknown_devices_are_reported(toy: Path, device: str) -> None:
    with pytest.raises(EngineUnavailable, match="is not known"):
        select(toy, device=device)


def test_unknown_backends_are_reported(toy: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no backend is named 'tflite'") as raised:
        select(toy, backend="tflite")
    assert "torch, onnxruntime, openvino" in raised.value.hint
    with pytest.raises(EngineUnavailable, match="tensorrt does not run on cpu"):
        select(toy, backend="tensorrt")


def test_bad_files_are_errors_and_not_passed_over(toy: Path) -> None:
    toy.write_bytes(toy.read_bytes() + b"\0")
    with pytest.raises(EngineFileError, match="altered"):
        select(toy)


def test_labels_that_disagree_with_the_network_are_reported(tmp_path: Path) -> None:
    toys.classifier(tmp_path, labels=("a", "b", "c"))
    with pytest.raises(EngineFileError, match="gives 4 probabilities; labels has 3"):
        select(tmp_path / "toy.onnx")


def test_names_and_types_that_disagree_are_reported(tmp_path: Path) -> None:
    spec = toys.classifier(tmp_path)
    for wrong, said in (
        (replace(spec, outputs=("logits",)), "has no output logits"),
        (replace(spec, input=replace(spec.input, name="x")), "its inputs are crops"),
        (replace(spec, input=replace(spec.input, dtype="float32")), "not a picture of float32"),
    ):
        with pytest.raises(EngineFileError, match=said):
            select(tmp_path / "toy.onnx", spec=wrong)


def test_a_known_detector_needs_no_spec(tmp_path: Path) -> None:
    toys.stock_scrfd(tmp_path / "mine.onnx")
    chosen = select(tmp_path / "mine.onnx")
    assert chosen.engine.spec.family == "scrfd"
    assert len(chosen.engine.run(np.zeros((2, 64, 96, 3), np.uint8))) == 9


def test_missing_system_libraries_are_reported_by_package() -> None:
    text = "libGL.so.1: cannot open shared object file: No such file or directory"
    with pytest.raises(EngineUnavailable, match=r"needs the system library libGL\.so\.1") as raised:  # noqa: SIM117
        with importing("anything"):
            raise ImportError(text)
    assert raised.value.hint == "sudo apt-get install libgl1"


def test_a_precision_that_was_named_is_used_or_is_an_error(toy: Path) -> None:
    assert select(toy, precision="f32").engine.precision == "f32"
    with pytest.raises(EngineUnavailable, match="ONNX Runtime does not run"):
        select(toy, precision="bf16", backend="onnxruntime")


def test_an_unwritable_cache_is_no_error(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    assert select(toy, backend="openvino").engine.backend == "openvino"


def test_damage_in_the_cache_is_noticed(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO's own cache would give wrong numbers."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(toy.parent / "cache"))
    crops = np.random.default_rng(3).integers(0, 256, (3, 32, 32, 3), np.uint8)
    expected = select(toy, backend="openvino").engine.run(crops)[0]
    files = list((toy.parent / "cache" / "vidfx" / "openvino").iterdir())
    large = sorted(files, key=lambda file: file.stat().st_size)[1:]
    assert len(large) == 2
    again = select(toy, backend="openvino").engine.run(crops)[0]
    np.testing.assert_array_equal(again, expected)
    for kept in files:
        whole = kept.read_bytes()
        for damaged in (
            b"",
            whole[: min(100, len(whole) // 2)],
            whole[:-1],
            whole[:-400] + bytes(b ^ 65 for b in whole[-400:]),
        ):
            for gone in ([], [file for file in large if file != kept]):
                for file in gone:  # a graph is read only where no compiled model is kept
                    file.unlink()
                kept.write_bytes(damaged)
                again = select(toy, backend="openvino").engine.run(crops)[0]
                np.testing.assert_array_equal(again, expected)
            assert kept.read_bytes() != damaged


def test_what_is_kept_is_of_this_spec_and_these_weights(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(toy.parent / "cache"))
    crops = np.random.default_rng(3).integers(0, 256, (3, 32, 32, 3), np.uint8)
    before = select(toy, backend="openvino").engine.run(crops)[0]
    spec = EngineSpec.load(toy)
    replace(spec, input=replace(spec.input, colour="bgr")).save(toy.parent)
    assert np.abs(select(toy, backend="openvino").engine.run(crops)[0] - before).max() > 1e-3


def test_the_cache_keeps_what_was_used_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiled_cache, "MAX_FILES", 3)
    monkeypatch.setattr(compiled_cache, "MAX_BYTES", 1000)
    folder = tmp_path / "vidfx" / "openvino"
    for age, key in enumerate("cba"):
        compiled_cache.keep(key, b"12345")
        os.utime(folder / key, (age, age))
    assert compiled_cache.fetch("c") == b"12345"
    compiled_cache.keep("d", b"12345")
    assert {path.name for path in folder.iterdir()} == {"a", "c", "d"}
    os.utime(folder / "d", (9, 9))
    compiled_cache.keep("large", bytes(900))
    assert {path.name for path in folder.iterdir()} == {"c", "large"}
    compiled_cache.keep("too large", bytes(1001))
    assert {path.name for path in folder.iterdir()} == {"c", "large"}


def test_an_engine_that_was_dropped_is_gone(toy: Path) -> None:
    """OpenVINO's queues keep their callback where Python's collector does not see it."""
    engine = select(toy, backend="openvino").engine
    engine.run(np.zeros((1, 32, 32, 3), np.uint8))
    seen = weakref.ref(engine)
    del engine
    gc.collect()
    assert seen() is None


WATCH = """
import sys
def watch(event, arguments):
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.fork")):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(watch)
import numpy as np
from vidfx_engines.select import select
for backend in ("openvino", "onnxruntime"):
    select(sys.argv[1], backend=backend).engine.run(np.zeros((1, 32, 32, 3), np.uint8))
"""


def test_nothing_is_sent(toy: Path) -> None:
    """OpenVINO, imported the plain way, tells Google Analytics."""
    pytest.importorskip("onnxruntime")
    done = run_python(WATCH, toy)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_imports_no_library() -> None:
    done = run_python("import sys, vidfx_engines; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert not {"openvino", "onnxruntime", "onnx", "torch", "vidfx"} & set(done.stdout.split())
