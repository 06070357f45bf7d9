"""One suite for every reader: the same frames, times, colours and windows from each."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks import clips
from tests.conformance.readers import CLIPS, READERS, TURNED, assert_refused, expected_error, read
from tests.conformance.synthetic import number_in, picture
from vidfx.types import Frame
from vidfx.video.read.pyav_source import PyAVSource
from vidfx.video.read.source import Reader, open_source


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_once_in_order_at_its_time(media, name: str, reader: Reader):
    path, clip = media(name), CLIPS[name]
    if reason := expected_error(name, reader):
        return assert_refused(path, reason)
    source, _ = open_source(path, reader, planes=False)
    with source:
        frames = list(source)
        info = source.info
    shown = clip.pts[clip.hidden :]
    assert source.warnings == []
    assert [number_in(f.rgb) for f in frames] == list(range(clip.hidden, len(clip.pts)))
    assert [f.index for f in frames] == list(range(len(shown)))
    assert all(a.pts < b.pts for a, b in pairwise(frames))
    times = [info.seconds(f.pts) for f in frames]
    wanted = [float((t - shown[0]) * clip.time_base) for t in shown]
    np.testing.assert_allclose(times, wanted, atol=0.0011)
    assert (info.width, info.height, info.has_audio) == (clip.width, clip.height, clip.sound)
    for frame in frames:
        assert frame.rgb.shape == (clip.height, clip.width, 3)
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.flags.c_contiguous
        assert not frame.rgb.flags.writeable
    return None


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", TURNED)
def test_upright(media, name: str, reader: Reader):
    clip, path = TURNED[name], media(name)
    if reason := expected_error(name, reader):
        return assert_refused(path, reason)
    source, _ = open_source(path, reader, planes=True)
    with source:
        frame = next(iter(source))
    stored = picture(0, clip.width, clip.height)
    wanted = np.rot90(stored, clip.rotation // 90)
    wanted = wanted[:, ::-1] if clip.mirrored else wanted
    assert frame.rgb.shape == wanted.shape
    assert np.abs(frame.rgb.astype(int) - wanted).mean() < 4
    assert (source.info.height, source.info.width) == wanted.shape[:2]
    assert source.info.rotation == clip.rotation
    assert np.abs(from_planes(frame, 2).astype(int) - wanted).mean() < 5
    return None


def test_pixel_aspect_is_upright(tmp_path: Path, media):
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(media("turned-90.mp4"))) as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        stream.sample_aspect_ratio = Fraction(4, 3)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with PyAVSource(path) as reading:
        assert reading.info.sample_aspect_ratio == Fraction(3, 4)


WINDOWS = [(0.5, 1.2), (None, 0.3), (1.0, None), (0.0, 0.04), (0.04, 0.08), (1.88, 9), (30, None)]
WINDOW_CLIPS = (
    "cfr.mp4 vfr.mkv late.mp4 edit-list.mp4 fragmented.mp4 open-gop.mp4 intra-refresh.mp4 hevc.mp4"
    " b-frames.avi mpeg2.mpg transport.ts flash.flv vp9.webm rgb.mkv"
)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", WINDOW_CLIPS.split())
def test_a_window_is_a_slice_of_the_whole(media, name: str, reader: Reader):
    path = media(name)
    if reason := expected_error(name, reader):
        return assert_refused(path, reason)
    source, _ = open_source(path, reader, planes=False)
    with source:
        whole = list(source)
    for start, end in WINDOWS:
        part = read(path, reader, start_s=start, end_s=end)
        wanted = [
            f
            for f in whole
            if (start is None or source.info.seconds(f.pts) >= start)
            and (end is None or source.info.seconds(f.pts) < end)
        ]
        assert [(f.index, f.pts) for f in part] == [(f.index, f.pts) for f in wanted]
        assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(part, wanted, strict=True))
    return None


def from_planes(frame: Frame, matrix: int) -> np.ndarray:
    """RGB of the planes, by the definition of the matrix, at the true size."""
    height, width = frame.rgb.shape[:2]
    even_height, even_width = height + height % 2, width + width % 2
    assert frame.planes is not None
    assert frame.planes.shape == (even_height * 3 // 2, even_width)
    assert frame.planes.dtype == np.uint8
    assert frame.planes.flags.c_contiguous
    assert frame.planes.flags.writeable
    chroma = frame.planes[even_height:].reshape(2, even_height // 2, even_width // 2)
    u, v = (np.kron(c, np.ones((2, 2)))[:height, :width] - 128 for c in chroma)
    y = (frame.planes[:height, :width].astype(float) - 16) * 255 / 219
    red, blue = (0.2126, 0.0722) if matrix == 1 else (0.299, 0.114)
    u, v, green = u * 255 / 112 * (1 - blue), v * 255 / 112 * (1 - red), 1 - red - blue
    rgb = np.stack([y + v, y - (blue * u + red * v) / green, y + u], -1)
    return np.clip(rgb, 0, 255)


COLOUR_CLIPS = (
    "cfr.mp4 ten-bit.mp4 444.mp4 odd.mkv rgb.mkv bottom-up.avi bt709.mp4 bt601-full.mp4"
    " bt709-full.mp4 grey.mkv"
)
SMOOTH = np.s_[44:, :, :]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "name",
    COLOUR_CLIPS.split(),
)
def test_colours_and_planes_are_the_pictures(media, name: str, reader: Reader):
    clip = CLIPS[name]
    source, _ = open_source(media(name), reader, planes=True)
    with source:
        frames = list(source)
    colour = source.info.colour
    assert colour.matrix == (6 if name in ("rgb.mkv", "bottom-up.avi") else clip.colour[0])
    assert colour.full_range == (clip.colour[1] == 2)
    for frame in frames[::7]:
        true = picture(frame.index, clip.width, clip.height).astype(float)
        if clip.pix_fmt == "gray":
            true[:] = (true @ [0.299, 0.587, 0.114])[..., None]
        drawn = from_planes(frame, colour.matrix)
        assert np.abs(frame.rgb[SMOOTH] - true[SMOOTH]).mean() < 3
        assert np.abs(drawn[SMOOTH] - true[SMOOTH]).mean() < 3
        assert abs((drawn[SMOOTH] - frame.rgb[SMOOTH]).mean()) < 2
        assert number_in(drawn) == frame.index
    blocks = frames[40].planes[4:12]
    assert blocks.min() in range(12, 21)
    assert blocks[:, :128].max() in range(230, 240)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["cfr.mp4", "odd.mkv", "bt601-full.mp4", "rgb.mkv"])
def test_frames_stay_as_they_were(media, name: str, reader: Reader):
    path = media(name)
    source, _ = open_source(path, reader, planes=True)
    kept, copies = [], []
    with source:
        for frame in source:
            kept.append(frame.rgb)
            copies.append(frame.rgb.copy())
            frame.planes[:] = 128
    assert all(np.array_equal(a, b) for a, b in zip(kept, copies, strict=True))
    assert [number_in(rgb) for rgb in kept] == list(range(48))


@pytest.mark.parametrize("name", ["cfr.mp4", "vp9.webm", "bt601-full.mp4", "444.mp4", "odd.mkv",
                                  "turned-90.mp4", "grey.mkv"])  # fmt: skip
def test_planes_that_are_lent_are_the_planes_and_stay(media, name: str):
    """Only those of an upright frame of even size need no copy."""
    lent, wanted = (read(media(name), "pyav", planes=planes) for planes in (False, True))
    copies = [frame.lent is None for frame in lent]
    assert copies == [name in ("odd.mkv", "turned-90.mp4")] * 48
    for frame, other in zip(lent, wanted, strict=True):
        assert frame.yuv is not None and other.yuv is not None
        assert other.lent is None
        for plane, true in zip(frame.yuv, other.yuv, strict=True):
            np.testing.assert_array_equal(plane, true)
            assert plane.flags.writeable == (frame.lent is None)


def test_a_folder_of_pictures(tmp_path: Path):
    for number in (1, 2, 10, 9):
        bgr = np.ascontiguousarray(picture(number, 160, 90)[..., ::-1])
        cv2.imwrite(str(tmp_path / f"shot {number}.png"), bgr)
    cv2.imwrite(str(tmp_path / "shot 11.jpg"), np.full((90, 80, 3), 200, np.uint8))
    (tmp_path / "shot 3.png").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").touch()
    source, why = open_source(tmp_path, "decord", planes=True)
    with source:
        frames = list(source)
    assert (source.name, why) == ("images", "pictures are read one by one")
    assert [number_in(f.rgb) for f in frames[:-1]] == [1, 2, 9, 10]
    assert [f.index for f in frames] == [0, 1, 3, 4, 5]
    assert [source.info.seconds(f.pts) for f in frames] == [i / 25 for i in (0, 1, 3, 4, 5)]
    assert {f.planes.shape for f in frames} == {(135, 160)}
    bars = frames[-1].rgb
    assert bars[:, :40].max() == bars[:, 120:].max() == 0
    assert bars[:, 40:120].min() == 200
    assert len(source.warnings) == 2
    assert [f.index for f in read(tmp_path, "auto", start_s=0.04, end_s=0.16)] == [1, 3]
    assert len(read(tmp_path / "shot 1.png", "auto")) == 1


def test_auto_says_what_it_took_and_why(media):
    for name, planes, reader, why in (
        ("cfr.mp4", False, "decord", "only RGB"),
        ("cfr.mp4", True, "pyav", "planes"),
        ("transport.ts", False, "pyav", "mpegts"),
        ("edit-list.mp4", False, "pyav", "edit list"),
    ):
        source, reason = open_source(media(name), planes=planes)
        with source:
            assert source.name == reader
        assert why in reason
        assert str(media(name)) not in reason


def test_auto_leaves_long_videos_to_pyav_since_decord_reads_ahead(tmp_path, monkeypatch):
    from vidfx.video.read import source

    path = tmp_path / "long.mp4"
    clips.write_clip(path, clips.demo_frames((160, 90), seconds=1), (160, 90))
    assert source.open_source(path, planes=False)[0].name == "decord"
    monkeypatch.setattr(source, "DECORD_AHEAD_BYTES", 30 * 160 * 90 * 3 - 1)
    chosen, why = source.open_source(path, planes=False)
    assert chosen.name == "pyav" and "reads ahead" in why
    assert source.open_source(path, "decord", planes=False)[0].name == "decord"
