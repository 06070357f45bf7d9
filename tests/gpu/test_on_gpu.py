"""Plans run, graphs replay, frames stay on the device, NVDEC reads and NVENC writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engines import toys
from tests.training_files import RECIPE, draw
from tests.vidfx_command import read_csv, run_python, vidfx
from vidfx_engines.backends.tensorrt import rtx_misfit
from vidfx_engines.backends.tensorrt_library import gpu, version
from vidfx_engines.embedded import embedded
from vidfx_engines.select import select

PLANS = ("tensorrt", "tensorrt-rtx")
ON_TENSORS = ("torch", "onnxruntime")
BACKENDS = (*PLANS, *ON_TENSORS)


@pytest.fixture(autouse=True)
def quiet_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def usable(backend: str) -> str:
    """``backend``; skips where it is not for this GPU, or TensorRT is not installed."""
    unfit = rtx_misfit(gpu()) if backend == "tensorrt-rtx" else None
    if unfit:
        pytest.skip(unfit)
    if backend in PLANS and version(backend) is None:
        if os.environ.get("FAIL_WITHOUT_CUDA") == "1" and backend == "tensorrt-rtx":
            pytest.fail(f"{backend} is not installed")
        pytest.skip(f"{backend} is not installed")
    return backend


@pytest.fixture(params=PLANS)
def flavour(request: pytest.FixtureRequest) -> str:
    return usable(request.param)


def build(backend: str) -> str:
    for model, batch in (("detector-embedded", "1,8,16"), ("emotion-embedded", "1,16,64")):
        done = vidfx("build-engine", model, "--backend", backend, "--batch", batch, "-q")
        assert done.exit_code == 0, done.output
    return backend


@pytest.fixture
def built(flavour: str) -> str:
    """Plans of the detector and the expression model in the cache; the flavour."""
    return build(flavour)


@pytest.fixture(params=BACKENDS)
def ready(request: pytest.FixtureRequest) -> str:
    """A backend that runs both models on the GPU."""
    backend = usable(request.param)
    return build(backend) if backend in PLANS else backend


def crops(n: int, side: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (n, side, side, 3), np.uint8)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_a_plan_says_what_onnx_runtime_says(
    flavour: str, precision: str, tmp_path: Path, cuda: str
) -> None:
    toys.classifier(tmp_path)
    out = tmp_path / "toy.plan"
    done = vidfx(
        "build-engine", tmp_path / "toy.onnx", "--backend", flavour, "--precision", precision,
        "--batch", "1,4,8", "-o", out, "-q",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    plan = select(out, device=cuda).engine
    host = select(embedded("emotion-embedded"), device="cpu").engine  # another engine beside it
    source = select(tmp_path / "toy.onnx", device="cpu", backend="onnxruntime").engine
    tolerance = {"fp32": 2e-3, "fp16": 1e-2, "bf16": 5e-2}[precision]  # TF32 is on
    for n in (0, 1, 2, 3, 7, 8, 9, 20):
        batch = crops(n, toys.SIDE)
        np.testing.assert_allclose(plan.run(batch)[0], source.run(batch)[0], atol=tolerance)
    plan.close()
    host.close()


MODELS = ["centerface", "detector-embedded", "emotion-embedded", "emotion-embedded-8"]


@pytest.mark.parametrize("backend", ON_TENSORS)
@pytest.mark.parametrize("model", MODELS)
def test_engines_say_on_the_gpu_what_they_say_on_the_cpu(
    model: str, backend: str, cuda: str
) -> None:
    here: Any = select(embedded(model), device=cuda, backend=backend).engine
    there = select(embedded(model), device="cpu", backend="onnxruntime").engine
    side = here.spec.input.size or 256
    here.prepare(side, side)
    for n in (0, 1, 3, 8, 20, 70):
        batch = crops(n, side)
        for mine, theirs in zip(here.run(batch), there.run(batch), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=2e-2, rtol=2e-2)  # TF32 is on
    here.close()


@pytest.mark.parametrize("model", ["detector-embedded", "emotion-embedded"])
def test_torch_never_waits_for_the_gpu(model: str, cuda: str) -> None:
    import torch

    engine: Any = select(embedded(model), device=cuda, backend="torch").engine
    side = engine.spec.input.size or 256
    engine.prepare(side, side)
    pixels = torch.from_numpy(crops(20, side)).to(cuda).permute(0, 3, 1, 2).contiguous()
    engine.run_tensor(pixels)
    torch.cuda.set_sync_debug_mode("error")
    try:
        engine.run_tensor(pixels)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_torch_is_preferred_and_a_plan_before_it(cuda: str) -> None:
    chosen = select(embedded("detector-embedded"), device=cuda)
    assert chosen.engine.backend == "torch"
    assert [name for name, _ in chosen.passed_over] == list(PLANS)


def test_graphs_give_what_launches_give(built: str, cuda: str) -> None:
    import torch

    engine: Any = select(embedded("emotion-embedded"), device=cuda).engine
    assert sorted(engine.batches.captured) == [1, 2, 4, 8]
    side = engine.spec.input.size
    pixels = torch.from_numpy(crops(8, side)).to(cuda).permute(0, 3, 1, 2).contiguous()
    replayed = [engine.run_tensor(pixels[:n])[0].clone() for n in range(1, 9)]
    engine.batches.captured.clear()
    for n, output in enumerate(replayed, 1):
        torch.testing.assert_close(output, engine.run_tensor(pixels[:n])[0], atol=2e-3, rtol=0)


def test_nothing_of_a_frame_comes_back(
    ready: str, cuda: str, group: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the detector's outputs, sharpness and probabilities: two copies and one wait a chunk."""
    import torch

    from vidfx.device.analyze import DeviceAnalyzer
    from vidfx.device.transfers import Transfers
    from vidfx.stages.detect import Detector
    from vidfx.types import Colour, Frame

    found = Detector(select(embedded("detector-embedded"), device=cuda, backend=ready).engine,
                     threshold=0.5, long_side=640)  # fmt: skip
    emotion = select(embedded("emotion-embedded"), device=cuda, backend=ready).engine
    analyzer = DeviceAnalyzer(found, {"emotion": emotion}, cuda)
    frames = [Frame(i, i, np.roll(group, i, axis=1)) for i in range(32)]
    sent = [f for batch in analyzer.prepare(frames, Colour()) for f in batch.frames]
    for _ in range(2):  # constants and plans
        analyzer.analyze(sent[:8]).read("emotion", np.arange(1))()
    copied: list[int] = []
    waits: list[int] = []
    to_host, synchronize = Transfers.to_host, Transfers.synchronize
    monkeypatch.setattr(
        Transfers,
        "to_host",
        lambda by, t: copied.append(t.numel() * t.element_size()) or to_host(by, t),
    )
    monkeypatch.setattr(
        Transfers, "synchronize", lambda by, event: waits.append(1) or synchronize(by, event)
    )
    torch.cuda.set_sync_debug_mode("error" if ready == "torch" else "default")
    try:
        chunks = [analyzer.analyze(sent[at : at + 8]) for at in (8, 16, 24)]
        rows = np.arange(len(chunks[0].detections))
        assert len(rows) >= 40
        assert chunks[0].quality(rows).shape == (len(rows), 3)
        assert not np.isnan(chunks[0].read("emotion", rows)().prob).any()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(waits) == 2 and len(copied) == 5  # the last chunk is not waited for
    assert sum(copied) < 3 * 8 * 500_000


def test_annotate_on_a_gpu_gives_the_rows_of_the_cpu(
    ready: str, clip: Path, tmp_path: Path
) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for device in ("cpu", "cuda"):
        more = ["--device", device, "--every", "2"]
        more += ["--backend", ready] if device == "cuda" else []
        done = vidfx("annotate", clip, "-o", tmp_path / device, *more)
        assert done.exit_code == 0, done.output
        rows[device] = read_csv(tmp_path / device / "clip.mp4.faces.csv")
    summary = json.loads((tmp_path / "cuda" / "clip.mp4.summary.json").read_text())
    assert {m["backend"] for m in summary["models"]} == {ready}
    assert abs(len(rows["cpu"]) - len(rows["cuda"])) <= 0.01 * len(rows["cpu"])
    known = {(r["frame"], r["track_id"]): r for r in rows["cpu"]}
    pairs = [(known[k], r) for r in rows["cuda"] if (k := (r["frame"], r["track_id"])) in known]
    assert len(pairs) >= 0.98 * len(rows["cpu"])
    off = [abs(float(a["x1_px"]) - float(b["x1_px"])) for a, b in pairs]
    assert np.mean(off) < 1
    assert np.mean([a["emotion"] == b["emotion"] for a, b in pairs]) > 0.95


@pytest.mark.parametrize("reader", ["decord-cuda", "nvcodec", "pyav-cuda"])
def test_decoders_on_the_gpu_give_the_pictures_of_the_cpu(
    reader: Any, clip: Path, cuda: str
) -> None:
    import torch

    from vidfx.device.frames import in_batches, retained
    from vidfx.errors import UnavailableError
    from vidfx.video.read.device_source import open_on_device
    from vidfx.video.read.source import open_source

    try:
        source, _ = open_on_device(clip, 0, reader, planes=True, part=False)
    except UnavailableError as error:
        pytest.skip(f"{reader}: {error}")
    assert source is not None
    host, _ = open_source(clip, "pyav", planes=True)
    with source, host:
        kept = retained(source, torch.device(cuda))
        ours = in_batches(kept, source.info.colour.matrix)
        pairs = list(zip((f for batch in ours for f in batch.frames), host, strict=True))
    for mine, theirs in pairs:
        assert mine.pts == theirs.pts
        assert mine.planes is not None and theirs.planes is not None
        kept_planes = mine.device.planes.cpu().numpy()  # type: ignore[attr-defined]
        np.testing.assert_array_equal(mine.planes, kept_planes)
        assert np.abs(mine.planes.astype(int) - theirs.planes).mean() < 3


def test_nvenc_writes_what_players_play(ready: str, clip: Path, tmp_path: Path) -> None:
    from vidfx.video.capabilities import NVENC, encoder_opens
    from vidfx.video.read.source import open_source

    if not encoder_opens(NVENC):
        pytest.skip("this card has no NVENC")
    done = vidfx("annotate", clip, "-o", tmp_path, "--device", "cuda", "--backend", ready,
                 "--encoder", "nvenc")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "it reads frames there" in done.output, "not through the host"
    done = vidfx("annotate", clip, "-o", tmp_path / "x264", "--device", "cuda", "--backend", ready,
                 "--encoder", "x264")  # fmt: skip
    assert done.exit_code == 0, done.output
    ours, theirs = (
        open_source(folder / "clip.mp4.annotated.mp4", "pyav", planes=True)[0]
        for folder in (tmp_path, tmp_path / "x264")
    )
    with ours, theirs:
        assert ours.info.codec == "h264" and ours.info.has_audio
        pairs = list(zip(ours, theirs, strict=True))
    assert len(pairs) == 60
    for mine, other in pairs:
        assert mine.planes is not None and other.planes is not None
        assert np.abs(mine.planes.astype(int) - other.planes).mean() < 4


@pytest.mark.parametrize("width", [640, 482])
def test_drawing_on_the_gpu_gives_the_bytes_of_the_host(width: int, cuda: str) -> None:
    import torch

    from vidfx.device.drawing import SurfacePainter
    from vidfx.device.frames import DeviceFrame
    from vidfx.overlay.painter import FaceLabel, Painter
    from vidfx.types import Frame, Surface

    host, painter = (Painter(width, 360, matrix=1, messages=None) for _ in range(2))
    device = SurfacePainter(painter, cuda)
    labels = [
        FaceLabel((40.0 + 90 * i, 90, 120 + 90 * i, 190), i, "Ana", 0.8, "sad", 0.7, "detected")
        for i in range(4)
    ]
    planes = np.random.default_rng(0).integers(0, 256, (540, width), np.uint8)
    kept = DeviceFrame(torch.from_numpy(planes.copy()).to(cuda), np.zeros((3, 32, 32), np.uint8))
    drawn = device.paint(Frame(0, 0, planes, None, kept), labels, 0.0).device
    host.paint(planes, labels, 0.0)
    assert isinstance(drawn, Surface)
    luma, chroma = drawn.luma.cpu().numpy(), drawn.chroma.cpu().numpy()
    np.testing.assert_array_equal(luma, planes[:360])
    separate = chroma.reshape(180, -1, 2).transpose(2, 0, 1)
    np.testing.assert_array_equal(separate.reshape(180, width), planes[360:])


def test_a_plan_of_another_release_is_refused_before_it_is_read(built: str, cuda: str) -> None:
    from dataclasses import replace

    from vidfx_engines import store
    from vidfx_engines.backends.tensorrt import TensorRtBackend
    from vidfx_engines.base import Running
    from vidfx_engines.device import FIRST_GPU
    from vidfx_engines.errors import EngineUnavailable

    kept = next(k for k in store.cached_engines() if k.spec and k.spec.name == "detector-embedded")
    spec, folder = kept.spec, kept.path.parent
    assert spec is not None
    assert spec.build is not None
    other = replace(spec, build=replace(spec.build, library="1.0.0"))
    with pytest.raises(EngineUnavailable, match=r"built with .* 1\.0\.0"):
        TensorRtBackend(built).load(other, folder, Running(FIRST_GPU))  # type: ignore[arg-type]


def test_training_on_a_gpu_learns_and_says_where(tmp_path: Path, cuda: str) -> None:
    draw(tmp_path / "data" / "train", 40, seed=0)
    draw(tmp_path / "data" / "val", 10, seed=1)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    for device in ("cpu", "cuda"):
        out = tmp_path / device
        done = vidfx("train", "emotion", tmp_path / "data", "--recipe", tmp_path / "tiny.toml",
                     "--epochs", 8, "--device", device, "-o", out, "-q")  # fmt: skip
        assert done.exit_code == 0, done.output
        run = json.loads((out / "run.json").read_text())
        assert run["result"]["val_accuracy"] > 0.6, "chance is a half"
        assert (run["machine"]["device"] == "cpu") == (device == "cpu")


def test_importing_annotate_makes_no_cuda_context() -> None:
    code = "import vidfx.cli.commands.annotate, sys; sys.exit('torch' in sys.modules)"
    assert run_python(code).returncode == 0
