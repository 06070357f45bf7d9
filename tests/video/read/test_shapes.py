"""Pictures keep their visible shape: size changes, pixels that are not square, cropping."""

# PyAV's stubs leave the parameters of some types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.vidfx_command import read_csv, vidfx
from vidfx.types import Frame
from vidfx.video.container.cropping import Cropping
from vidfx.video.read.pixels import Orientation
from vidfx.video.read.preflight import preflight
from vidfx.video.read.pyav_source import PyAVSource
from vidfx.video.read.shape import Shape
from vidfx.video.read.source import open_source

EACH = 6
SQUARE = Fraction(1)


@dataclass(frozen=True)
class Part:
    """Bright frames of one shape."""

    size: tuple[int, int]
    pixel: Fraction = SQUARE


def joined(
    path: Path,
    codec: str,
    parts: Sequence[Part],
    container_pixel: Fraction | None = None,
    picture: np.ndarray | None = None,
) -> Path:
    """One stream whose pictures change their shape, each part begun by a key frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        time = 0
        for i, part in enumerate(parts):
            coder: Any = stream.codec_context
            if i:
                coder = av.CodecContext.create(codec, "w")
                coder.framerate, coder.time_base = Fraction(25), Fraction(1, 25)
            coder.width, coder.height = part.size
            coder.pix_fmt, coder.bit_rate = "yuv420p", 2_000_000
            coder.sample_aspect_ratio, coder.gop_size = part.pixel, 4
            coder.max_b_frames = 0
            if not i and container_pixel:
                stream.sample_aspect_ratio = container_pixel
            rgb = np.full((*part.size[::-1], 3), 220, np.uint8) if picture is None else picture
            for n in range(EACH + 1):
                frame = av.VideoFrame.from_ndarray(rgb, "rgb24") if n < EACH else None
                if frame:
                    frame.pts, frame.time_base = time, Fraction(1, 25)
                    time += 1
                for packet in coder.encode(frame):
                    packet.stream, packet.time_base = stream, Fraction(1, 25)
                    container.mux(packet)
    return path


def read(path: Path, *, planes: bool) -> tuple[list[Frame], PyAVSource]:
    with PyAVSource(path, planes=planes) as source:
        frames = []
        for frame in source:
            assert frame.rgb.shape == (source.info.height, source.info.width, 3)
            frames.append(frame)
            if frame.yuv is not None:  # what is lent is gone with the next one
                luma = np.array(frame.yuv[0][: source.info.height, : source.info.width])
                grey = np.clip((luma.astype(float) - 16) * 255 / 219, 0, 255)
                assert np.abs(grey - frame.rgb.mean(2)).mean() < 6
    return frames, source


def bright(frame: Frame) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is not black."""
    seen = frame.rgb.max(2) > 30
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return (
        int(columns[0]),
        int(rows[0]),
        int(columns[-1] - columns[0] + 1),
        int(rows[-1] - rows[0] + 1),
    )


TURNED = [Part((160, 96)), Part((96, 160))]
CHANGES = {
    "turned.ts": ("libx264", TURNED, (50, 0, 58, 96)),
    "turned.webm": ("libvpx", TURNED, (50, 0, 58, 96)),
    "larger.ts": ("libx264", [Part((160, 96)), Part((320, 192))], (0, 0, 160, 96)),
    "wider.ts": (
        "mpeg2video",
        [Part((176, 144), Fraction(12, 11)), Part((176, 144), Fraction(16, 11))],
        (0, 18, 176, 108),
    ),
    "narrower.ts": (
        "mpeg2video",
        [Part((176, 144), Fraction(16, 11)), Part((176, 144), Fraction(12, 11))],
        (22, 0, 132, 144),
    ),
}


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_a_stream_that_changes_its_shape_is_fitted(tmp_path: Path, name: str, planes: bool) -> None:
    codec, parts, place = CHANGES[name]
    frames, source = read(joined(tmp_path / name, codec, parts), planes=planes)
    assert len(frames) == 2 * EACH
    assert (source.info.width, source.info.height) == parts[0].size
    whole = (0, 0, *parts[0].size)
    assert [bright(f) == whole for f in frames[: EACH - 1]] == [True] * (EACH - 1)
    for frame in frames[EACH:]:
        np.testing.assert_allclose(bright(frame), place, atol=2)
    (warning,) = source.warnings
    assert "had another size or shape than the first" in warning
    assert EACH <= int(warning.split()[0]) <= EACH + 1


@pytest.mark.parametrize("start_s", [0.2, 0.24, 0.28, 0.36])
@pytest.mark.parametrize("name", ["turned.ts", "wider.ts"])
def test_a_part_has_the_shapes_of_the_whole(tmp_path: Path, name: str, start_s: float) -> None:
    codec, parts, place = CHANGES[name]
    path = joined(tmp_path / name, codec, parts)
    with PyAVSource(path, planes=True, start_s=start_s) as source:
        frames = [f for f in source if f.index >= EACH]
    assert frames[-1].index == 2 * EACH - 1
    for frame in frames:
        np.testing.assert_allclose(bright(frame), place, atol=2)


def test_slightly_different_pixel_aspects_are_one_shape(tmp_path: Path) -> None:
    """PAL's 12:11, 59:54 and 16:15 are the same to the eye."""
    parts = [Part((176, 144), Fraction(12, 11)), Part((176, 144), Fraction(16, 15))]
    frames, source = read(joined(tmp_path / "pal.ts", "mpeg2video", parts), planes=True)
    assert source.warnings == []
    assert bright(frames[-1]) == (0, 0, 176, 144)


@pytest.mark.parametrize(
    ("orientation", "size"),
    [
        (Orientation(), (60, 30)),
        (Orientation(True, flip_rows=True), (30, 60)),
        (Orientation(False, True, True), (60, 30)),
        (Orientation(True), (30, 60)),
    ],
)
def test_a_crop_is_of_the_stored_picture(orientation: Orientation, size: tuple[int, int]) -> None:
    crop = Cropping(left=10, right=30, top=4, bottom=16)
    shape = Shape((100, 50), crop, orientation, Fraction(2))
    stored = np.arange(5000).reshape(50, 100)
    rows, columns = shape.part
    cut = orientation.upright(stored)[rows, columns]
    np.testing.assert_array_equal(cut, orientation.upright(stored[4:34, 10:70]))
    assert shape.size == size
    assert shape.aspect == (4 if size == (60, 30) else Fraction(1, 4))


def cropped(path: Path, crop: Cropping) -> Path:
    """A Matroska file, whose colours give their place in its header to PixelCrop..."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        coder = stream.codec_context
        coder.color_primaries = coder.color_trc = coder.colorspace = 1
        coder.color_range = 1
        rgb = np.zeros((96, 128, 3), np.uint8)
        rgb[crop.top : 96 - crop.bottom, crop.left : 128 - crop.right] = 220
        for i in range(5):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    at = data.index(b"\x55\xb0")
    length = 3 + (data[at + 2] & 0x7F)
    codes = zip(b"\xcc\xdd\xbb\xaa", crop, strict=True)
    elements = b"".join(bytes([0x54, code, 0x81, px]) for code, px in codes)
    padding = length - len(elements) - 2
    elements += bytes([0xEC, 0x80 | padding]) + b"\0" * padding
    path.write_bytes(data[:at] + elements + data[at + length :])
    return path


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("crop", [Cropping(20, 12, 8, 16), Cropping(21, 12, 7, 16)])
def test_what_a_container_crops_is_not_there(tmp_path: Path, crop: Cropping, planes: bool) -> None:
    path = cropped(tmp_path / "a.mkv", crop)
    frames, source = read(path, planes=planes)
    size = (128 - crop.left - crop.right, 96 - crop.top - crop.bottom)
    assert (source.info.width, source.info.height) == size
    assert len(frames) == 5 and source.warnings == []
    for frame in frames:
        assert bright(frame) == (0, 0, *size)
        assert frame.rgb.min() > 150
        if planes:
            assert frame.planes is not None
            even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
            assert frame.planes.shape == (even[1] * 3 // 2, even[0])


def test_decord_gets_no_file_whose_pictures_are_not_as_they_are_stored(tmp_path: Path) -> None:
    turned = joined(tmp_path / "turned.webm", "libvpx", TURNED)
    crop = cropped(tmp_path / "a.mkv", Cropping(20, 12, 8, 16))
    for path, why in ((turned, "change their shape"), (crop, "only a part")):
        assert why in (preflight(path).objection or "")
        source, told = open_source(path, planes=False)
        with source:
            assert source.name == "pyav" and why in told
    steady = joined(tmp_path / "steady.webm", "libvpx", [TURNED[0], TURNED[0]])
    assert preflight(steady).changes is None


@pytest.mark.parametrize("pixel", [Fraction(50), Fraction(1, 60)])
def test_pixels_beyond_all_reason_are_square(tmp_path: Path, pixel: Fraction) -> None:
    path = joined(tmp_path / "a.mp4", "libx264", [Part((160, 96), pixel)], pixel)
    _, source = read(path, planes=True)
    assert source.info.sample_aspect_ratio == 1
    (warning,) = source.warnings
    assert "claims pixels of" in warning
    assert preflight(path).objection == warning


def test_a_squeezed_recording_is_annotated_as_the_wide_one(
    tmp_path: Path, group: np.ndarray
) -> None:
    """The same people, stored with pixels twice as wide as high."""
    wide = cv2.resize(group, (640, 442), interpolation=cv2.INTER_AREA)
    seen: list[list[dict[str, str]]] = []
    for name, width, pixel in (("wide", 640, SQUARE), ("narrow", 320, Fraction(2))):
        path = tmp_path / f"{name}.mp4"
        picture = cv2.resize(wide, (width, 442), interpolation=cv2.INTER_AREA)
        joined(path, "libx264", [Part((width, 442), pixel)], pixel, picture=picture)
        done = vidfx("annotate", path, "-o", tmp_path)
        assert done.exit_code == 0, done.stderr
        seen.append(read_csv(tmp_path / f"{path.name}.faces.csv"))
    assert len(seen[0]) == len(seen[1]) == 6 * EACH
    by_place = [sorted(rows, key=lambda r: (int(r["frame"]), float(r["x1_px"]))) for rows in seen]
    for one, other in zip(*by_place, strict=True):
        assert one["emotion"] == other["emotion"]
        assert float(one["x1_px"]) == pytest.approx(2 * float(other["x1_px"]), abs=8)
        assert float(one["y1_px"]) == pytest.approx(float(other["y1_px"]), abs=8)
