"""ONNX Runtime bound to torch's memory: on the CPU here, with the code that a GPU runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from tests.engines import toys
from vidfx_engines.backends.device_engine import DeviceEngine, RunsOn
from vidfx_engines.backends.onnxruntime_device import BoundSession
from vidfx_engines.device import CPU
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineRunError
from vidfx_engines.graph import edit as graph
from vidfx_engines.select import select
from vidfx_engines.spec import EngineSpec, spec_path


def bound(path: Path) -> DeviceEngine:
    spec = EngineSpec.load(spec_path(path))
    model = graph.prepare(spec, spec.read_weights(path.parent), planar=True)
    session = onnxruntime.InferenceSession(model.data, providers=["CPUExecutionProvider"])
    where = torch.device("cpu")
    network = BoundSession(session, spec, where, None)
    return DeviceEngine(spec, network, RunsOn("onnxruntime", "ONNX Runtime", CPU, where, "f32"))


def pixels(n: int, *sides: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, *sides, 3), np.uint8)


@pytest.mark.parametrize("n", [0, 1, 3, 8, 70])
def test_crops_give_what_they_give_elsewhere(n: int) -> None:
    path = embedded("emotion-embedded")
    engine, plain = bound(path), select(path, device="cpu", backend="onnxruntime").engine
    side = engine.spec.input.size
    assert side is not None
    batch = pixels(n, side, side)
    for mine, theirs in zip(engine.run(batch), plain.run(batch), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_frames_of_two_sizes_give_what_they_give_elsewhere() -> None:
    path = embedded("centerface")
    engine, plain = bound(path), select(path, device="cpu", backend="onnxruntime").engine
    for n, height, width in ((2, 96, 160), (1, 64, 64), (17, 64, 64)):
        batch = pixels(n, height, width)
        for mine, theirs in zip(engine.run(batch), plain.run(batch), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-3)


def test_outputs_are_the_callers_own(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    engine = bound(tmp_path / "toy.onnx")
    first = torch.from_numpy(pixels(2, toys.SIDE, toys.SIDE)).permute(0, 3, 1, 2)
    kept = engine.run_tensor(first)[0]
    before = kept.clone()
    engine.run_tensor(255 - first)
    torch.testing.assert_close(kept, before)


def test_what_it_cannot_run_is_one_line(tmp_path: Path) -> None:
    toys.classifier(tmp_path)
    engine = bound(tmp_path / "toy.onnx")
    with pytest.raises(EngineRunError, match="toy: ONNX Runtime: "):
        engine.run_tensor(torch.zeros(1, 5, 8, 8, dtype=torch.uint8))
    engine.close()
    with pytest.raises(EngineRunError, match="closed"):
        engine.run_tensor(torch.zeros(1, 3, toys.SIDE, toys.SIDE, dtype=torch.uint8))
