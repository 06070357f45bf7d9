"""Faces that are found and read on a device are those of the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.engine_files import brightness_classifier, detector_spec
from vidfx.device.analyze import DeviceAnalyzer, ThroughHost, tensor_engine
from vidfx.stages.analyze import HostAnalyzer
from vidfx.stages.detect import Detector
from vidfx.types import SQUARE, Colour, Frame, Stretch
from vidfx_engines.backends.fake import FakeEngine
from vidfx_engines.base import Engine
from vidfx_engines.embedded import ORIGINS, embedded
from vidfx_engines.select import select

PIXEL = 1.0
"""The most that a detector makes of inputs that differ by a grey level here and there, in fp32."""


def frames_of(*pictures: np.ndarray) -> list[Frame]:
    return [Frame(i + 7, i, np.ascontiguousarray(p)) for i, p in enumerate(pictures)]


def detector(path: Path, threshold: float = 0.3, long_side: int = 640) -> Detector:
    engine = select(path, device="cpu", backend="onnxruntime").engine
    return Detector(engine, threshold=threshold, long_side=long_side)


def both(
    found: Detector, frames: list[Frame], stretch: Stretch = SQUARE, **engines: Any
) -> tuple[Any, Any]:
    """What the host and the device make of the same frames."""
    host = HostAnalyzer(found, engines)  # type: ignore[arg-type]
    device = DeviceAnalyzer(found, engines, "cpu")  # type: ignore[arg-type]
    given, ready = (
        [frame for batch in analyzer.prepare(frames, Colour(), stretch) for frame in batch.frames]
        for analyzer in (host, device)
    )
    return host.analyze(given), device.analyze(ready)


NAMES = ("centerface", "detector-embedded", "scrfd_500m_kps", "yunet_n_dynamic", "yunet_s_dynamic")


@pytest.mark.parametrize("name", NAMES)
def test_every_family_finds_what_the_host_finds(
    name: str, request: pytest.FixtureRequest, group: np.ndarray
) -> None:
    if name in ORIGINS:
        path = embedded(name)
    else:
        path = request.getfixturevalue("test_data") / "onnx" / f"{name}.onnx"
    frames = frames_of(group, np.roll(group, 90, axis=1), np.zeros_like(group), group[::-1])
    host, device = both(detector(path), frames)
    ours, theirs = (
        d.rows(np.lexsort((d.box[:, 0], d.frame))) for d in (device.detections, host.detections)
    )
    assert len(ours) == len(theirs) >= 12
    np.testing.assert_array_equal(ours.frame, theirs.frame)
    np.testing.assert_allclose(ours.score, theirs.score, atol=0.02)
    for mine, hosts in ((ours.box, theirs.box), (ours.landmarks, theirs.landmarks)):
        off = np.abs(mine - hosts)
        # neighbours of the embedded one score alike, and a grey level decides which is kept
        usual, some, one = (0.4, 3.0, 10) if name == "detector-embedded" else (0.1, PIXEL, 3)
        assert off.mean() <= usual and np.quantile(off, 0.95) <= some and off.max() <= one


@pytest.mark.parametrize(("family", "last"), [("centerface", 3), ("scrfd", 8), ("yunet", 11)])
def test_what_can_be_no_face_is_left_out_as_on_the_host(family: Any, last: int) -> None:
    """No number in a score, or one out of all bounds in a landmark, in two of four pictures."""
    size, n = (128, 192), 4
    if family == "centerface":
        shapes: list[tuple[int, ...]] = [(n, c, 32, 48) for c in (1, 2, 2, 10)]
    else:
        anchors = [(128 // s) * (192 // s) for s in (8, 16, 32)]
        columns = (1, 4, 10) if family == "scrfd" else (1, 1, 4, 10)
        shapes = [(n, a, c) for c in columns for a in anchors]
    outputs = [np.random.default_rng(5).random(shape).astype(np.float32) for shape in shapes]
    outputs[0][1].reshape(-1)[:5] = np.nan
    outputs[last][2][:] = 1e30
    engine = FakeEngine(detector_spec(family, len(shapes)), lambda _: tuple(outputs))
    finder = Detector(engine, threshold=0.7, long_side=192)
    host, device = both(finder, frames_of(*[np.zeros((*size, 3), np.uint8)] * n))
    ours, theirs = device.detections, host.detections
    assert ours.faulty == theirs.faulty == 2
    assert np.isfinite(ours.box).all() and np.isfinite(ours.landmarks).all()
    np.testing.assert_array_equal(ours.frame, theirs.frame)
    np.testing.assert_array_equal(ours.box, theirs.box)
    assert len(ours) > 10


def test_frames_for_the_second_detector_are_the_hosts(group: np.ndarray) -> None:
    first, second = detector(embedded("detector-embedded")), detector(embedded("centerface"))
    frames = frames_of(group, group[:, ::-1], group[::-1], group // 2)
    host, device = (
        made.analyze(
            [f for batch in made.prepare(frames, Colour()) for f in batch.frames], {7, 10}
        ).detections
        for made in (
            HostAnalyzer(first, {}, checker=second),
            DeviceAnalyzer(first, {}, "cpu", second),
        )
    )
    assert len(host) == len(device) >= 12 and set(host.frame.tolist()) >= {7, 8, 10}
    np.testing.assert_array_equal(host.frame, device.frame)
    for place, detector_of_it in ((7, second), (8, first)):
        (frame,) = (f for f in frames if f.index == place)
        alone = detector_of_it([frame])
        for found in (host, device):
            part = found.rows(np.flatnonzero(found.frame == place))
            np.testing.assert_allclose(part.score, alone.score, atol=0.02)


class Counted(ThroughHost):
    """An engine for the host and the device; keeps the sizes of the device's batches."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.run = engine.run
        self.batches: list[int] = []

    def run_tensor(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.batches.append(len(pixels))
        return super().run_tensor(pixels)


def test_faces_of_many_frames_are_read_in_one_batch(group: np.ndarray, tmp_path: Path) -> None:
    path = brightness_classifier(tmp_path, "light", "emotion", ("angry", "happy", "neutral", "sad"))
    emotion = Counted(select(path, device="cpu", backend="onnxruntime").engine)
    frames = frames_of(group, group // 2 + 60, np.zeros_like(group))
    host, device = both(detector(embedded("centerface"), 0.5), frames, emotion=emotion)
    rows = np.arange(len(host.detections))
    ours, theirs = device.read("emotion", rows)().prob, host.read("emotion", rows)().prob
    assert emotion.batches == [len(rows)]
    np.testing.assert_allclose(ours, theirs, atol=0.02)
    ours, theirs = device.quality(rows).prod(1), host.quality(rows).prod(1)
    np.testing.assert_allclose(ours, theirs, atol=0.01)
    nothing = device.read("emotion", rows[:0])().prob
    assert nothing.shape == (len(rows), 4) and np.isnan(nothing).all()


@pytest.mark.parametrize("aspect", [2.0, 0.6, 32 / 11])
def test_faces_of_pixels_that_are_not_square_are_the_hosts(
    aspect: float, group: np.ndarray, tmp_path: Path
) -> None:
    path = brightness_classifier(tmp_path, "light", "emotion", ("angry", "happy", "neutral", "sad"))
    emotion = select(path, device="cpu", backend="onnxruntime").engine
    height, width = group.shape[:2]
    size = (round(width / aspect), height) if aspect > 1 else (width, round(height * aspect))
    small = cv2.resize(group, size, interpolation=cv2.INTER_AREA)
    stretch = (aspect**0.5, aspect**-0.5)
    found = detector(embedded("centerface"), 0.5)
    host, device = both(found, frames_of(small, small[:, ::-1]), stretch, emotion=emotion)
    ours, theirs = device.detections, host.detections
    assert len(ours) == len(theirs) == 12
    mine, hosts = (np.lexsort((d.box[:, 0], d.frame)) for d in (ours, theirs))
    assert np.abs(ours.box[mine] - theirs.box[hosts]).max() <= PIXEL
    rows = np.arange(12)
    read = device.read("emotion", rows)().prob[mine], host.read("emotion", rows)().prob[hosts]
    np.testing.assert_allclose(*read, atol=0.02)
    rated = device.quality(mine).prod(1), host.quality(hosts).prod(1)
    np.testing.assert_allclose(*rated, atol=0.02)


def test_an_engine_with_tensors_is_taken_as_it_is() -> None:
    class Native:
        def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
            return (pixels,)

    native: Any = Native()
    assert tensor_engine(native) is native
