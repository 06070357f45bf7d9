"""Which decoder and encoder a run on a GPU gets, and the reasons against the others."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vidfx.errors import DecodeError, UnavailableError
from vidfx.types import Surface
from vidfx.video.read import device_source
from vidfx.video.read.device_source import open_on_device
from vidfx.video.read.preflight import preflight
from vidfx.video.read.source import open_source
from vidfx.video.write import encoder_choice


def test_without_a_gpu_every_decoder_says_why_not(clip: Path) -> None:
    if Path("/dev/nvidia0").exists():
        pytest.skip("a GPU is here")
    source, why = open_on_device(clip, 0, "auto", planes=True, part=False)
    assert source is None
    assert why.startswith("decoded on the CPU and sent to the GPU (not decord-cuda: ")
    for name in ("nvcodec: ", "pyav-cuda: "):
        assert name in why
    with pytest.raises(UnavailableError, match="decord-cuda: this decord was built without CUDA"):
        open_on_device(clip, 0, "decord-cuda", planes=False, part=False)


def test_decoders_are_tried_on_the_gpu_that_was_asked_for(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def reader(path: str, ctx: int) -> None:
        asked.append(("decord", ctx))
        raise RuntimeError("not this one")

    def accelerator(kind: str, *, device: str, **_: Any) -> None:
        asked.append(("pyav", int(device)))
        raise RuntimeError("nor this one")

    decord = SimpleNamespace(VideoReader=reader, gpu=lambda number: number)
    monkeypatch.setitem(sys.modules, "decord", decord)  # type: ignore[arg-type]
    monkeypatch.setattr("av.codec.hwaccel.hwdevices_available", lambda: ["cuda"])
    monkeypatch.setattr("av.codec.hwaccel.HWAccel", accelerator)
    source, why = open_on_device(clip, 3, "auto", planes=True, part=False)
    assert source is None and "nor this one" in why
    assert asked == [("decord", 3), ("pyav", 3)]


def test_a_part_of_a_file_is_read_on_the_cpu(clip: Path) -> None:
    source, why = open_on_device(clip, 0, "auto", planes=True, part=True)
    assert source is None and "only a part is read" in why


class Decoder:
    """PyNvVideoCodec's ThreadedDecoder, with frames that NumPy lends."""

    frames: int = 60
    ended = 0

    def __init__(self, path: str, buffer: int, gpu: int, **how: Any) -> None:
        self.left = self.frames

    def get_batch_frames(self, n: int) -> list[Any]:
        if self.left > 100:
            raise RuntimeError("cuvidDecodePicture\nerror 999")
        n = min(n, self.left)
        self.left -= n
        luma = np.full((270, 480), 128, np.uint8)
        planes = [luma, luma[:135]]
        return [SimpleNamespace(cuda=lambda: planes)] * n

    def end(self) -> None:
        Decoder.ended += 1


@pytest.fixture
def nvcodec(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if PyNvVideoCodec and a driver were here."""
    module = SimpleNamespace(
        ThreadedDecoder=Decoder,
        OutputColorType=SimpleNamespace(NATIVE=0),
        __spec__=SimpleNamespace(),
    )
    monkeypatch.setitem(sys.modules, "PyNvVideoCodec", module)  # type: ignore[arg-type]
    monkeypatch.setattr(Decoder, "frames", 60)


@pytest.mark.usefixtures("nvcodec")
def test_surfaces_come_with_the_times_of_the_container(clip: Path) -> None:
    source, why = open_on_device(clip, 0, "auto", planes=True, part=False)
    assert source is not None and source.name == "nvcodec"
    assert "not decord-cuda: " in why
    host, _ = open_source(clip, "pyav", planes=False)
    before = Decoder.ended
    with source, host:
        assert [f.pts for f in source] == [f.pts for f in host]
    assert Decoder.ended == before + 1
    assert source.warnings == []


@pytest.mark.usefixtures("nvcodec")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rotation": 90}, "rotated"),
        ({"pixel_format": "yuv420p10le"}, "not eight bits"),
        ({"width": 479}, "its size is odd"),
    ],
)
def test_what_no_gpu_gets_right(
    change: dict[str, Any], told: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = preflight(clip)
    changed = replace(checked, info=replace(checked.info, **change))
    monkeypatch.setattr(device_source, "preflight", lambda _: changed)
    source, why = open_on_device(clip, 0, "auto", planes=True, part=False)
    assert source is None and told in why.split("nvcodec: ")[1].split(";")[0]


@pytest.mark.usefixtures("nvcodec")
def test_frames_come_in_the_decoders_batches_as_memory_allows(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of each batch says that their memory will be used again."""
    for most_bytes, size in ((256 << 20, 60), (25 * 480 * 270 * 3 // 2, 25), (1, 1)):
        monkeypatch.setattr(device_source, "BATCH_BYTES", most_bytes)
        source, _ = open_on_device(clip, 0, "nvcodec", planes=True, part=False)
        assert source is not None
        with source:
            surfaces = [frame.device for frame in source]
        ends = [i for i, s in enumerate(surfaces) if isinstance(s, Surface) and s.is_last]
        assert ends == sorted({*range(size - 1, 60, size), 59})
        assert all(isinstance(s, Surface) and s.colour == source.info.colour for s in surfaces)


@pytest.mark.usefixtures("nvcodec")
def test_missing_frames_are_reported(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decoder, "frames", 50)
    source, _ = open_on_device(clip, 0, "nvcodec", planes=True, part=False)
    assert source is not None
    assert len(list(source)) == 50
    assert source.warnings == ["10 of its frames could not be decoded"]


@pytest.mark.usefixtures("nvcodec")
@pytest.mark.parametrize(("frames", "told"), [(70, "more frames"), (200, "stopped: error 999")])
def test_a_decoder_that_breaks_is_one_line(
    clip: Path, monkeypatch: pytest.MonkeyPatch, frames: int, told: str
) -> None:
    monkeypatch.setattr(Decoder, "frames", frames)
    source, _ = open_on_device(clip, 0, "nvcodec", planes=True, part=False)
    assert source is not None
    with pytest.raises(DecodeError, match=told) as raised:
        list(source)
    assert "--reader pyav" in raised.value.hint


def test_a_reader_of_the_gpu_is_an_error_on_the_cpu(clip: Path) -> None:
    with pytest.raises(UnavailableError, match="the engines are on the CPU"):
        open_source(clip, "nvcodec", planes=False)


@pytest.mark.parametrize(
    ("name", "on_gpu", "has", "codec", "why"),
    [
        ("auto", False, True, "libx264", "engines are on the CPU"),
        ("auto", True, True, "h264_nvenc", "engines are on its GPU"),
        ("auto", True, False, "libx264", "NVENC does not open here"),
        ("x264", True, True, "libx264", "asked for"),
        ("nvenc", False, True, "h264_nvenc", "asked for"),
    ],
)
def test_the_encoder_and_why(
    monkeypatch: pytest.MonkeyPatch, name: Any, on_gpu: bool, has: bool, codec: str, why: str
) -> None:
    monkeypatch.setattr(encoder_choice, "encoder_opens", lambda codec: has)
    encoder = encoder_choice.choose_encoder(name, crf=21, preset="veryfast", on_gpu=on_gpu)
    assert encoder.codec == codec
    assert why in encoder.why
    assert "21" in encoder.options.values()
    assert encoder.options["preset"] == ("veryfast" if codec == "libx264" else "p3")


def test_a_missing_nvenc_is_an_error_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_choice, "encoder_opens", lambda codec: False)
    with pytest.raises(UnavailableError, match="NVENC does not open") as raised:
        encoder_choice.choose_encoder("nvenc", crf=23, preset="medium", on_gpu=True)
    assert "--encoder x264" in raised.value.hint
