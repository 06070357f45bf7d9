"""A whole run of `vidfx annotate` with its stages on a device gives the rows of the host."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.vidfx_command import read_csv, vidfx
from tests.worker_faults import worker_faults
from vidfx.annotation.context import load_context
from vidfx.annotation.video import annotate_video
from vidfx.config import Settings
from vidfx.jobs.plan import Job, Outputs
from vidfx_engines.backends.torch_graph import TorchGraph


def rows_of(folder: Path) -> list[dict[str, str]]:
    (file,) = folder.glob("*.faces.csv")
    return read_csv(file)


def annotate(clip: Path, out: Path, *args: str) -> list[dict[str, str]]:
    same = ("--backend", "onnxruntime", "--detector", "centerface")
    done = vidfx("annotate", clip, "-o", out, *same, *args)
    assert done.exit_code == 0, done.output
    return rows_of(out)


def assert_same_rows(ours: list[dict[str, str]], theirs: list[dict[str, str]]) -> None:
    """The same faces, tracks and labels; numbers as near as a detector lets them be.

    A grey level here and there decides between two candidates of one face that score the same,
    which moves a corner by some pixels; that is rare.
    """
    assert len(ours) == len(theirs) > 50
    pixels: list[float] = []
    shares: list[float] = []
    labels = 0
    for one, other in zip(ours, theirs, strict=True):
        for name, value in other.items():
            if value == one[name]:
                continue
            if name.endswith("emotion") and one[name] and value:  # two labels that are as likely
                labels += 1
                continue
            assert one[name] and value, name
            difference = abs(float(one[name]) - float(value))
            (pixels if name.endswith("_px") else shares).append(difference)
    assert labels <= 0.05 * len(theirs)
    if pixels:
        assert np.mean(pixels) <= 0.15 and np.quantile(pixels, 0.99) <= 1.5 and max(pixels) <= 6
    if shares:
        assert np.mean(shares) <= 0.005 and max(shares) <= 0.2


ON_A_DEVICE = """
    from dataclasses import replace
    from vidfx.annotation import context as setup
    from vidfx_engines.device import CPU
    whole = setup.load_models
    setup.load_models = lambda settings: replace(whole(settings), tensors_on=CPU)
"""


@pytest.mark.parametrize("args", [("--every", "2"), ("--no-video", "--every", "3")])
def test_a_whole_run_on_a_device_gives_the_rows_of_the_host(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    theirs = annotate(clip, tmp_path / "host", *args)
    worker_faults(monkeypatch, tmp_path, ON_A_DEVICE)
    ours = annotate(clip, tmp_path / "device", *args)
    assert_same_rows(ours, theirs)
    if "--no-video" not in args:
        summaries = [
            json.loads((tmp_path / where / "clip.mp4.summary.json").read_text())["counts"]
            for where in ("host", "device")
        ]
        assert summaries[0] == summaries[1]


def test_a_whole_run_with_torch_gives_the_rows_of_the_host(clip: Path, tmp_path: Path) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for backend in ("torch", "onnxruntime"):
        args = ("--backend", backend, "--device", "cpu", "--no-video", "--every", "3")
        args += ("--detector-size", "320")
        done = vidfx("annotate", clip, "-o", tmp_path / backend, *args)
        assert done.exit_code == 0, done.output
        rows[backend] = rows_of(tmp_path / backend)
    summary = json.loads((tmp_path / "torch" / "clip.mp4.summary.json").read_text())
    assert {model["backend"] for model in summary["models"]} == {"torch"}
    assert_same_rows(rows["torch"], rows["onnxruntime"])


def test_an_engine_meets_two_shapes_at_most_in_a_whole_run(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: dict[int, set[tuple[int, ...]]] = {}
    run = TorchGraph.__call__

    def recording(network: TorchGraph, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        shapes.setdefault(id(network), set()).add(tuple(pixels.shape))
        return run(network, pixels)

    monkeypatch.setattr(TorchGraph, "__call__", recording)
    settings = Settings(device="cpu", backend="torch", video=False, detector_size=320)
    with load_context(settings) as context:
        annotate_video(Job(clip, Outputs.of(tmp_path / "out")), context, lambda event: None)
    detector, checker, expressions = shapes.values()
    assert detector == checker == {(16, 3, 192, 320)}
    assert expressions and expressions <= {(8, 3, 96, 96), (64, 3, 96, 96)}


LENT = (
    ON_A_DEVICE
    + """
    import numpy as np
    from vidfx.annotation import video
    from vidfx.types import Surface
    opened = video.open_source
    class Lent:
        def __init__(self, source, wanted):
            self.source, self.wanted = source, wanted
            self.name, self.info, self.warnings = source.name, source.info, source.warnings
        def __enter__(self):
            self.source.__enter__()
            return self
        def __exit__(self, *error):
            self.source.__exit__(*error)
        def __iter__(self):
            height, width = self.info.height, self.info.width
            luma = np.zeros((height, width), np.uint8)
            chroma = np.zeros((height // 2, width // 2, 2), np.uint8)
            for frame in self.source:
                luma[:] = frame.planes[:height]
                chroma[:] = frame.planes[height:].reshape(2, height // 2, -1).transpose(1, 2, 0)
                surface = Surface(luma, chroma, wants_planes=self.wanted)
                yield replace(frame, pixels=None, planes=None, device=surface)
                luma[:] = chroma[:] = 0
    def lent(path, reader, *, planes, **more):
        source, why = opened(path, "pyav", planes=True, **more)
        return Lent(source, planes), why
    video.open_source = lent
"""
)


def test_a_decoder_may_use_its_memory_again_while_its_frames_wait(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the decoder's thread and who looks at its frames there is a queue."""
    theirs = annotate(clip, tmp_path / "sent", "--every", "2", "--reader", "pyav")
    worker_faults(monkeypatch, tmp_path, LENT)
    ours = annotate(clip, tmp_path / "lent", "--every", "2", "--reader", "pyav")
    assert_same_rows(ours, theirs)


@pytest.mark.slow
def test_a_real_clip_gives_the_rows_of_the_host(
    test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = test_data / "clips" / "pyfeat-single_face.mp4"
    theirs = annotate(clip, tmp_path / "host", "--no-video", "--every", "2")
    worker_faults(monkeypatch, tmp_path, ON_A_DEVICE)
    assert_same_rows(annotate(clip, tmp_path / "device", "--no-video", "--every", "2"), theirs)
