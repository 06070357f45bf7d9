"""Faces found and read on a device are those of the host, up to a whole run of annotate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from tests.engine_files import brightness_classifier, detector_spec
from tests.vidfx_command import read_csv, vidfx
from tests.worker_faults import worker_faults
from vidfx.device import detector_heads
from vidfx.device.analyze import DeviceAnalyzer, ThroughHost, tensor_engine
from vidfx.device.frames import BATCH, DeviceFrame, on_device, retained
from vidfx.stages.analyze import HostAnalyzer
from vidfx.stages.cuts import thumbnail
from vidfx.stages.detect import Detector
from vidfx.stages.detector_heads import HEADS, non_maximum_suppression
from vidfx.types import SQUARE, Colour, Frame, Stretch, Surface
from vidfx.video.read.source import open_source
from vidfx_engines.backends.fake import FakeEngine
from vidfx_engines.base import Engine
from vidfx_engines.embedded import ORIGINS, embedded
from vidfx_engines.select import select

CPU = torch.device("cpu")
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
    given = list(host.prepare(frames, Colour(), stretch))
    ready = list(device.prepare(frames, Colour(), stretch))
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


@pytest.mark.parametrize(
    ("family", "per_cell"), [("centerface", 1), ("scrfd", 2), ("scrfd", 1), ("yunet", 1)]
)
def test_decoding_is_the_hosts_on_the_same_outputs(family: Any, per_cell: int) -> None:
    """Random outputs, crowded enough that suppression has work to do: the same rows, exactly."""
    random = np.random.default_rng(11)
    size, n = (128, 192), 3
    shapes: list[tuple[int, ...]]
    if family == "centerface":
        shapes = [(n, c, 32, 48) for c in (1, 2, 2, 10)]
    else:
        anchors = [per_cell * (128 // s) * (192 // s) for s in (8, 16, 32)]
        columns = (1, 4, 10) if family == "scrfd" else (1, 1, 4, 10)
        shapes = [(n, a, c) for c in columns for a in anchors]
    outputs = [random.random(shape).astype(np.float32) for shape in shapes]
    if family == "scrfd":
        outputs[3:6] = [o * 3 for o in outputs[3:6]]
    if family == "yunet":
        outputs[6:9] = [o * 2 for o in outputs[6:9]]
    head, least = HEADS[family], 0.7 if family == "yunet" else 0.9
    found, faulty = detector_heads.faces(
        family, [torch.from_numpy(o) for o in outputs], size, least
    )
    assert int(faulty) == 0
    kept = dropped = 0
    for i in range(n):
        box, score, marks = head.decode([o[i] for o in outputs], size, least)
        keep = non_maximum_suppression(box, score, head.iou, head.pixel)
        mine = found.picture == i
        kept += len(keep)
        assert int(mine.sum()) == len(keep)
        dropped += len(box) - len(keep)
        np.testing.assert_allclose(found.score[mine].numpy(), score[keep], atol=1e-6)
        np.testing.assert_allclose(found.box[mine].numpy(), box[keep], atol=2e-4)
        np.testing.assert_allclose(found.landmarks[mine].numpy(), marks[keep], atol=2e-4)
    assert kept > 10 and dropped > 5


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
    host = finder(frames_of(*[np.zeros((*size, 3), np.uint8)] * n))
    tensors = [torch.from_numpy(o) for o in outputs]
    device, faulty = detector_heads.faces(family, tensors, size, 0.7)
    assert host.faulty == int(faulty) == 2
    assert np.isfinite(host.box).all() and np.isfinite(host.landmarks).all()
    assert np.bincount(host.frame - 7, minlength=n).tolist() == (
        torch.bincount(device.picture, minlength=n).tolist()
    )
    assert len(host) > 10


def test_scrfd_is_insightfaces(test_data: Path, group: np.ndarray) -> None:
    """Its own class on its own input, and ours on the same outputs of the same file."""
    scrfd = pytest.importorskip("insightface.model_zoo.scrfd")
    path = test_data / "onnx" / "scrfd_500m_kps.onnx"
    reference = scrfd.SCRFD(str(path))
    reference.prepare(-1, det_thresh=0.5, nms_thresh=0.4, input_size=(640, 640))
    pixels = np.ascontiguousarray(group[:640, 300:940])
    theirs, marks = reference.detect(np.ascontiguousarray(pixels[:, :, ::-1]))
    engine = ThroughHost(select(path, device="cpu", backend="onnxruntime").engine)
    outputs = engine.run_tensor(torch.from_numpy(pixels).permute(2, 0, 1)[None])
    found, _ = detector_heads.faces("scrfd", outputs, (640, 640), 0.5)
    assert len(found.score) == len(theirs) >= 2
    np.testing.assert_allclose(found.box.numpy(), theirs[:, :4], atol=1e-2)
    np.testing.assert_allclose(found.score.numpy(), theirs[:, 4], atol=1e-4)
    np.testing.assert_allclose(found.landmarks.numpy(), marks, atol=1e-2)


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
    ours, theirs = device.read("emotion", rows).prob, host.read("emotion", rows).prob
    assert emotion.batches == [len(rows)]
    np.testing.assert_allclose(ours, theirs, atol=0.02)
    for one, other in zip(device.quality(rows), host.quality(rows), strict=True):
        assert one.value == pytest.approx(other.value, abs=0.01)
    nothing = device.read("emotion", rows[:0]).prob
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
    assert np.abs(ours.box - theirs.box).max() <= PIXEL
    rows = np.arange(12)
    np.testing.assert_allclose(
        device.read("emotion", rows).prob, host.read("emotion", rows).prob, atol=0.02
    )
    for one, other in zip(device.quality(rows), host.quality(rows), strict=True):
        assert one.value == pytest.approx(other.value, abs=0.02)


def test_frames_come_in_order_with_their_thumbnails(group: np.ndarray) -> None:
    pictures = [np.roll(group, 5 * i, axis=1)[:300, :400] for i in range(BATCH * 2 + 3)]
    frames = frames_of(*pictures)
    ready = list(on_device(frames, CPU, Colour()))
    assert [f.index for f in ready] == [f.index for f in frames]
    for frame, picture in zip(ready, pictures, strict=True):
        assert isinstance(frame.device, DeviceFrame)
        np.testing.assert_array_equal(frame.device.pixels.permute(1, 2, 0).numpy(), picture)
        assert np.abs(frame.device.small - thumbnail(Frame(0, 0, picture))).max() <= 1


def test_planes_that_a_decoder_lent_are_sent_like_those_that_were_copied(clip: Path) -> None:
    pixels: list[torch.Tensor] = []
    for planes in (False, True):
        with open_source(clip, "pyav", planes=planes)[0] as source:
            decoded = next(iter(source))
            frame = next(on_device(retained([decoded], CPU), CPU, source.info.colour))
        assert (decoded.lent is None) == planes and isinstance(frame.device, DeviceFrame)
        pixels.append(frame.device.pixels)
    torch.testing.assert_close(*pixels, rtol=0, atol=0)


def test_surfaces_become_pixels_and_planes(group: np.ndarray) -> None:
    """What a decoder on a GPU leaves, here in memory that NumPy lends by DLPack."""
    from vidfx.device.colour import rgb_to_nv12

    rgb = torch.from_numpy(np.ascontiguousarray(group[:96, :128])).permute(2, 0, 1)
    luma, chroma = (t.numpy() for t in rgb_to_nv12(rgb, 1))
    surfaces = [
        Surface(luma, chroma.reshape(48, 128), wants_planes=True),
        Surface(luma[..., None], chroma, wants_planes=False),
        Surface(rgb=np.ascontiguousarray(group[:96, :128]), wants_planes=True),
    ]
    nothing = np.empty((0, 0, 3), np.uint8)
    frames = [Frame(i, i, nothing, None, surface) for i, surface in enumerate(surfaces)]
    first, second, third = on_device(retained(frames, CPU), CPU, Colour(matrix=1))
    assert first.planes is not None and third.planes is not None
    np.testing.assert_array_equal(first.planes[:96], luma)
    assert np.abs(first.planes.astype(int) - third.planes).max() <= 1
    assert second.planes is None
    assert isinstance(first.device, DeviceFrame) and isinstance(second.device, DeviceFrame)
    torch.testing.assert_close(first.device.pixels, second.device.pixels)
    difference = (first.device.pixels.int() - rgb.int()).abs().float()
    assert difference.mean() < 3  # chroma has a quarter of the pixels


def test_a_surface_is_copied_before_the_decoder_uses_its_memory_again(group: np.ndarray) -> None:
    """PyNvVideoCodec and FFmpeg hand out their own memory, and free it when they end."""
    from vidfx.device.colour import rgb_to_nv12

    memory = [np.zeros((96, 128, 1), np.uint8), np.zeros((48, 64, 2), np.uint8)]
    pictures = [torch.from_numpy(group[8 * i : 8 * i + 96, :128].copy()) for i in range(BATCH + 3)]
    planes = [[t.numpy() for t in rgb_to_nv12(p.permute(2, 0, 1), 1)] for p in pictures]

    def decoded() -> Iterator[Frame]:
        for i, (luma, chroma) in enumerate(planes):
            memory[0][:], memory[1][:] = luma[..., None], chroma
            surface = Surface(*memory, wants_planes=True)
            yield Frame(i, i, np.empty((0, 0, 3), np.uint8), None, surface)
        memory[0][:] = memory[1][:] = 0

    frames = list(on_device(retained(decoded(), CPU), CPU, Colour(matrix=1)))
    assert len(frames) == BATCH + 3
    for frame, (luma, _) in zip(frames, planes, strict=True):
        assert frame.planes is not None
        np.testing.assert_array_equal(frame.planes[:96], luma)


def test_an_engine_with_tensors_is_taken_as_it_is() -> None:
    class Native:
        def run_tensor(self, pixels: Any) -> tuple[Any, ...]:
            return (pixels,)

    native: Any = Native()
    assert tensor_engine(native) is native


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
    import vidfx.annotate.context as setup
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
            json.loads((tmp_path / where / "clip.summary.json").read_text())["counts"]
            for where in ("host", "device")
        ]
        assert summaries[0] == summaries[1]


LENT = (
    ON_A_DEVICE
    + """
    import numpy as np
    import vidfx.annotate.video as video
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


def test_a_real_clip_gives_the_rows_of_the_host(
    test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = test_data / "clips" / "pyfeat-single_face.mp4"
    theirs = annotate(clip, tmp_path / "host", "--no-video", "--every", "2")
    worker_faults(monkeypatch, tmp_path, ON_A_DEVICE)
    assert_same_rows(annotate(clip, tmp_path / "device", "--no-video", "--every", "2"), theirs)
