"""Drawing on a device gives the bytes of drawing on the host, and an encoder takes them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from benchmarks.parts.device_work import counted
from tests.video.media import info, write_frames
from vidfx.annotation import context, video
from vidfx.annotation.context import load_context
from vidfx.annotation.drawing import draw_context
from vidfx.annotation.models import load_models
from vidfx.annotation.video import annotate_video
from vidfx.config import Settings
from vidfx.device.drawing import PITCH, SurfacePainter, surface_of
from vidfx.device.frames import DeviceFrame
from vidfx.jobs.plan import Job, Outputs
from vidfx.messages import DEFAULT_MESSAGES
from vidfx.overlay.drawing import Drawing, Stamp, draw
from vidfx.overlay.looks import Looks
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.types import Frame, Surface
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.source import open_source
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.encoder_choice import DEFAULT, EncoderChoice, reading_surfaces
from vidfx_engines.device import CPU

NOTHING = np.zeros((0, 0, 3), np.uint8)
NO_SMALL = np.zeros((3, 32, 32), np.uint8)


class OneDrawing:
    """A painter of one drawing."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def steps(self, labels: object, time_s: float) -> list[list[Drawing]]:
        return [[self.drawing]]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height * 3 // 2, width), np.uint8)


def on_device(planes: np.ndarray) -> Frame:
    return Frame(0, 0, NOTHING, None, DeviceFrame(torch.from_numpy(planes.copy()), NO_SMALL))


def planes_of(frame: Frame) -> np.ndarray:
    """I420 of a Surface."""
    surface = frame.device
    assert isinstance(surface, Surface)
    luma, chroma = surface.luma.numpy(), surface.chroma.numpy()
    height, width = luma.shape
    return np.concatenate(
        [luma, chroma.reshape(height // 2, -1, 2).transpose(2, 0, 1).reshape(-1, width)]
    )


def test_every_value_is_rounded_as_on_the_host() -> None:
    keep, add = (v.ravel() for v in np.mgrid[:256, :256].astype(np.uint8))
    planes = noise(256, 256)
    for value in (0, 1, 16, 100, 127, 128, 200, 235, 254, 255):
        planes[:256] = value
        stamp = Stamp(np.arange(256 * 256 - 256), keep[256:], add[256:], np.array([256 * 255]))
        drawing = Drawing(stamp, (256,), (0, 1, 256, 256))
        painter = SurfacePainter(OneDrawing(drawing), "cpu")  # type: ignore[arg-type]
        ours = planes_of(painter.paint(on_device(planes), [], 0.0))
        draw([drawing], planes.reshape(-1))
        assert np.array_equal(ours, planes)


@pytest.mark.parametrize(("height", "width"), [(360, 640), (270, 482)])
def test_drawing_gives_the_bytes_of_the_host(height: int, width: int) -> None:
    rng = np.random.default_rng(1)
    looks = Looks(bars=True, landmarks=True, clock=True, colour_by="person")
    painters = [
        Painter(width, height, matrix=1, messages=DEFAULT_MESSAGES, looks=looks) for _ in range(2)
    ]
    device = SurfacePainter(painters[0], "cpu")
    for step in range(8):
        corners = rng.uniform((-40, -40), (width - 40, height - 30), (7, 2)).tolist()
        labels = [
            FaceLabel(
                (x, y, x + s, y + s),
                i,
                "Ana",
                s / 160,
                "sad",
                0.7,
                "detected",
                landmarks=[(x + s / 3, y + s / 3), (x + s / 2, y + s / 2)],
                expressions=[("sad", 0.7), ("happy", s / 640)],
            )
            for i, ((x, y), s) in enumerate(zip(corners, rng.uniform(8, 160, 7), strict=True))
        ]
        planes = noise(height, width, step)
        ours = planes_of(device.paint(on_device(planes), labels, step / 4))
        painters[1].paint(planes, labels, step / 4)
        assert np.array_equal(ours, planes)


def test_a_frame_asks_the_gpu_for_little() -> None:
    """Whatever the number of labels: few launches and one wait. They are sent when they are new."""
    for faces in (1, 6):
        device = SurfacePainter(Painter(1280, 720, matrix=1, messages=DEFAULT_MESSAGES), "cpu")
        frame = on_device(noise(720, 1280))
        labels = [
            FaceLabel((x, 300, x + 80, 400), x, "Ana", 0.8, "sad", 0.7, "detected")
            for x in range(40, 40 + 200 * faces, 200)
        ]
        device.paint(frame, labels, 0.0)
        with counted() as work:
            device.paint(frame, labels, 0.1)
        assert work.launches.total() <= 20, work.launches
        assert work.waits.total() == 1, work.waits


def test_surfaces_are_one_piece_of_memory_with_aligned_rows() -> None:
    """What NVENC reads: chroma right behind luma, and rows at multiples of 16 bytes."""
    surface = surface_of(noise(270, 482), "cpu")
    luma, chroma = surface.luma, surface.chroma
    pitch = luma.stride(0)
    assert pitch == chroma.stride(0) == 2 * PITCH and PITCH % 16 == 0
    assert chroma.data_ptr() == luma.data_ptr() + 270 * pitch


def choice(**options: str) -> EncoderChoice:
    return replace(DEFAULT, options={**DEFAULT.options, **options}, why="x264")


@pytest.mark.parametrize("crf", ["23", "51"])
def test_an_encoder_that_reads_surfaces_is_known_by_a_test_picture(crf: str) -> None:
    reads = reading_surfaces(choice(crf=crf), 0, lambda planes: surface_of(planes, "cpu"))
    assert reads.surfaces is not None and reads.why == "x264; it reads frames there"
    wrong = reading_surfaces(choice(crf=crf), 0, lambda planes: surface_of(255 - planes, "cpu"))
    assert wrong.surfaces is None
    assert wrong.why.startswith("x264; frames go through the host (a test picture came back ")


def test_an_encoder_that_does_not_open_gives_the_reason() -> None:
    missing = EncoderChoice("h264_nonsense", {}, "NVENC")
    told = reading_surfaces(missing, 0, lambda planes: surface_of(planes, "cpu"))
    assert told.surfaces is None
    assert told.why == "NVENC; frames go through the host (h264_nonsense)"


def test_surfaces_are_encoded_as_the_same_planes_of_the_host(tmp_path: Path) -> None:
    planes = [noise(48, 64, i) for i in range(5)]
    frames = [Frame(i, i * 40, NOTHING, one) for i, one in enumerate(planes)]
    reads = reading_surfaces(choice(), 0, lambda planes: surface_of(planes, "cpu"))
    write_frames(tmp_path / "host.mp4", info(width=64, height=48), frames)
    surfaces = [
        replace(f, planes=None, device=surface_of(p, "cpu"))
        for f, p in zip(frames, planes, strict=True)
    ]
    write_frames(tmp_path / "device.mp4", info(width=64, height=48), surfaces, choice=reads)
    assert (tmp_path / "device.mp4").read_bytes() == (tmp_path / "host.mp4").read_bytes()
    with pytest.raises(ValueError, match="needs its planes"):
        write_frames(tmp_path / "none.mp4", info(), surfaces)


class Decoder(FrameSource):
    """Frames of the CPU's decoder as surfaces."""

    name = "surfaces"

    def __init__(self, path: Path, *, planes: bool) -> None:
        super().__init__()
        self._source, _ = open_source(path, "pyav", planes=True)
        self.info, self._wanted = self._source.info, planes

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._source:
            assert frame.planes is not None
            surface = replace(surface_of(frame.planes, "cpu"), wants_planes=self._wanted)
            yield replace(frame, pixels=NOTHING, planes=None, device=surface)

    def close(self) -> None:
        self._source.close()


def test_a_whole_run_writes_the_same_video_without_planes_on_the_host(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = reading_surfaces(choice(), 0, lambda planes: surface_of(planes, "cpu"))
    planes: list[bool] = []
    write = VideoEncoder.write

    def recording(encoder: VideoEncoder, frame: Frame) -> None:
        planes.append(frame.planes is not None)
        write(encoder, frame)

    monkeypatch.setattr(VideoEncoder, "write", recording)
    made: list[bytes] = []
    for name, encoder in (("host", choice()), ("device", reads)):

        def opened(path: Path, *_: Any, **how: Any) -> tuple[FrameSource, str]:
            return Decoder(path, planes=encoder.surfaces is None), "a test"  # noqa: B023

        monkeypatch.setattr(video, "open_source", opened)
        monkeypatch.setattr(draw_context, "choose_encoder", lambda *_, **how: encoder)  # noqa: B023
        monkeypatch.setattr(
            context, "load_models", lambda s: replace(load_models(s), tensors_on=CPU)
        )
        outputs = Outputs.of(tmp_path / name)
        with load_context(Settings(every=2)) as run:
            annotate_video(Job(clip, outputs), run, lambda event: None)
        made.append(outputs.video.read_bytes())
    assert made[0] == made[1]
    assert planes == [True] * 60 + [False] * 60
