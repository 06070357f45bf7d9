"""One suite for every reader: the same frames, times, colours and windows from each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from synthetic import Clip, number_in, picture

from benchmarks import clips
from vidfx.errors import DecodeError, NotMediaError, UsageError
from vidfx.types import Frame
from vidfx.video.decord_source import DecordSource
from vidfx.video.preflight import preflight
from vidfx.video.pyav_source import PyAVSource
from vidfx.video.source import Reader, open_source

TENTHS = [i * 40 for i in range(48)]
STEPS = np.random.default_rng(5).choice([17, 33, 40, 90], 47)
VARIABLE = [0, *(int(t) for t in np.cumsum(STEPS))]
FRAME_TICKS = {"pts": list(range(48)), "time_base": Fraction(1, 25)}

CLIPS = {
    "cfr.mp4": Clip(),
    "sound.mp4": Clip(sound=True),
    "vfr.mp4": Clip(pts=VARIABLE),
    "vfr.mkv": Clip(pts=VARIABLE),
    "late.mp4": Clip(pts=[5000 + t for t in TENTHS]),
    "edit-list.mp4": Clip(hidden=5),
    "fragmented.mp4": Clip(mux={"movflags": "frag_keyframe+empty_moov"}),
    "open-gop.mp4": Clip(options={"x264-params": "open-gop=1:bframes=3:keyint=12"}),
    "intra-refresh.mp4": Clip(options={"x264-params": "intra-refresh=1:bframes=0:keyint=12"}),
    "b-frames.avi": Clip(**FRAME_TICKS),
    "mpeg4.avi": Clip(codec="mpeg4", options={"bf": "2"}, **FRAME_TICKS),
    "mpeg2.mpg": Clip(codec="mpeg2video", options={"bf": "2"}, **FRAME_TICKS),
    "transport.ts": Clip(),
    "flash.flv": Clip(),
    "windows.wmv": Clip(codec="wmv2"),
    "vp8.webm": Clip(codec="libvpx"),
    "vp9.webm": Clip(codec="libvpx-vp9"),
    "hevc.mp4": Clip(codec="libx265"),
    "ten-bit.mp4": Clip(pix_fmt="yuv420p10le"),
    "444.mp4": Clip(pix_fmt="yuv444p"),
    "odd.mkv": Clip(codec="ffv1", width=193, height=113),
    "rgb.mkv": Clip(codec="libx264rgb", pix_fmt="rgb24"),
    "bottom-up.avi": Clip(codec="rawvideo", pix_fmt="bgr24", **FRAME_TICKS),
    "bt709.mp4": Clip(colour=(1, 1)),
    "bt601-full.mp4": Clip(pix_fmt="yuvj420p", colour=(5, 2)),
    "bt709-full.mp4": Clip(pix_fmt="yuvj420p", colour=(1, 2)),
    "grey.mkv": Clip(codec="ffv1", pix_fmt="gray"),
}
TURNED = {
    "turned-90.mp4": Clip(rotation=90),
    "turned-180.mp4": Clip(rotation=180),
    "turned-270.mp4": Clip(rotation=270),
    "turned-odd.mkv": Clip(codec="ffv1", width=193, height=113),
    "mirrored.mp4": Clip(mirrored=True),
    "mirrored-90.mp4": Clip(mirrored=True, rotation=90),
}
NOT_FOR_DECORD = {
    "edit-list.mp4": "edit list",
    "transport.ts": "mpegts",
    "mpeg2.mpg": "mpeg",
    "flash.flv": "flv",
    "windows.wmv": "asf",
    "hevc.mp4": "HEVC",
    "mirrored.mp4": "mirrored",
    "mirrored-90.mp4": "mirrored",
}
READERS: tuple[Reader, ...] = ("pyav", "decord")


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    folder = tmp_path_factory.mktemp("media")

    def make(name: str) -> Path:
        path = folder / name
        return path if path.exists() else (CLIPS | TURNED)[name].write(path)

    return make


def read(path: Path, reader: Reader, **window) -> list[Frame]:
    source, _ = open_source(path, reader, **({"planes": False} | window))
    with source:
        return list(source)


def expected_error(name: str, reader: Reader) -> str | None:
    return NOT_FOR_DECORD.get(name) if reader == "decord" else None


def assert_refused(path: Path, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        open_source(path, "decord", planes=False)
    assert str(caught.value).startswith(str(path))
    assert "--reader pyav" in caught.value.hint


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


def test_raw_video_without_timestamps(tmp_path: Path):
    path = Clip(format="h264").write(tmp_path / "raw.h264")
    with PyAVSource(path) as source:
        frames = list(source)
    assert [number_in(f.rgb) for f in frames] == list(range(48))
    assert "no timestamp" in source.warnings[0]
    assert_refused(path, "h264")


def test_a_change_of_size_is_scaled_and_said(tmp_path: Path):
    path = tmp_path / "two-sizes.h264"
    small = Clip(format="h264").write(tmp_path / "a.h264")
    large = Clip(format="h264", width=256, height=144).write(tmp_path / "b.h264")
    path.write_bytes(small.read_bytes() + large.read_bytes())
    with PyAVSource(path, planes=True) as source:
        frames = list(source)
    assert len(frames) == 96
    assert {f.rgb.shape for f in frames} == {(112, 192, 3)}
    assert {f.planes.shape for f in frames} == {(168, 192)}
    assert any("48 of its frames had another size" in w for w in source.warnings)


@pytest.mark.parametrize("reader", ["pyav", "auto"])
@pytest.mark.parametrize(
    ("name", "words"), [("cfr.mp4", "claims 48 frames"), ("cfr.mkv", "the pictures end at")]
)
def test_a_file_cut_short(tmp_path: Path, reader: Reader, name: str, words: str):
    mux = {"movflags": "faststart"} if name.endswith("mp4") else {}
    path = Clip(mux=mux, bit_rate=2_000_000).write(tmp_path / name)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    source, _ = open_source(path, reader, planes=False)
    with source:
        numbers = [number_in(f.rgb) for f in source]
    assert numbers == list(range(len(numbers)))
    assert 15 < len(numbers) < 40
    assert any(words in w for w in source.warnings)


def with_a_hole(path: Path) -> Path:
    data = bytearray(Clip().write(path).read_bytes())
    begin = data.index(b"mdat")
    middle = begin + (len(data) - begin) // 3
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    return path


def with_undecodable_packets(path: Path, numbers: range) -> Path:
    """An MP4 in which the lengths of these packets' units make no sense."""
    Clip(options={"bf": "0"}).write(path)
    with av.open(str(path)) as container:
        places = [p.pos for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for number in numbers:
        data[places[number] : places[number] + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("reader", ["pyav", "auto"])
def test_a_frame_has_its_index_whatever_is_lost_before_it(tmp_path: Path, reader: Reader):
    path = with_undecodable_packets(tmp_path / "lost.mp4", range(19, 24))
    source, _ = open_source(path, reader, planes=False)
    with source:
        whole = list(source)
    assert any("5 of its packets could not be decoded" in w for w in source.warnings)
    assert [f.index for f in whole] == [*range(19), *range(24, 48)]
    assert [number_in(f.rgb) for f in whole] == [f.index for f in whole]
    for start in (0.3, 0.8, 1.0, 1.5):
        part = read(path, reader, start_s=start)
        wanted = [f for f in whole if source.info.seconds(f.pts) >= start]
        assert [(f.index, f.pts) for f in part] == [(f.index, f.pts) for f in wanted]


@pytest.mark.parametrize("reader", ["pyav", "auto"])
def test_a_hole_is_survived_and_said(tmp_path: Path, reader: Reader):
    source, _ = open_source(with_a_hole(tmp_path / "hole.mp4"), reader, planes=False)
    with source:
        frames = list(source)
    assert len(frames) > 30
    assert all(a.pts < b.pts for a, b in pairwise(frames))
    assert source.warnings


def test_pyav_reads_on_where_decord_breaks_off(media):
    checked = replace(preflight(media("hevc.mp4")), objection=None)
    with DecordSource(checked, rescue=True) as source:
        frames = list(source)
    assert [number_in(f.rgb) for f in frames] == list(range(48))
    assert [f.index for f in frames] == list(range(48))
    assert "PyAV read on" in source.warnings[0]
    with DecordSource(checked) as source, pytest.raises(DecodeError, match="breaks off at frame"):
        list(source)


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


def hostile(folder: Path, video: Path) -> Iterator[Path]:
    """Files that would read other files, or are no media at all."""
    (folder / "list.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:{video}\n#EXT-X-ENDLIST\n"
    )
    (folder / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{video.name}'\n")
    (folder / "text.mp4").write_text("no video\n" * 100)
    (folder / "empty.mp4").touch()
    (folder / "folder").mkdir()
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "headless.mp4").write_bytes(video.read_bytes()[5000:])
    with av.open(str(folder / "sound.wav"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        out.mux(stream.encode(sound))
    yield from sorted(folder.iterdir())
    yield folder / "absent.mp4"
    yield folder / "absent.png"
    yield Path("/dev/null")


@pytest.mark.parametrize("reader", ["auto", "pyav", "decord"])
def test_what_is_not_media_is_said_in_one_line(tmp_path: Path, media, reader: Reader):
    for path in hostile(tmp_path, media("cfr.mp4")):
        with pytest.raises(NotMediaError) as caught:
            read(path, reader)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)
        assert caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path):
    path = Clip().write(tmp_path / "secret.mp4")
    path.chmod(0)
    with pytest.raises(NotMediaError, match="may not be read"):
        read(path, "pyav")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["concat:a|b ü.mp4", "http:%d.mp4", "-y.mp4", "x\udcff.mp4"])
def test_odd_names_are_only_names(tmp_path: Path, media, name: str, reader: Reader):
    path = tmp_path / name
    path.write_bytes(media("cfr.mp4").read_bytes())
    if "\udcff" in name and reader == "decord":
        with pytest.raises(UsageError, match="UTF-8"):
            read(path, reader)
    else:
        assert len(read(path, reader)) == 48


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


def test_only_the_reader_that_is_used_is_imported_and_nothing_is_printed(tmp_path: Path):
    path = with_a_hole(tmp_path / "hole.mp4")
    code = (
        "import sys; from pathlib import Path; from vidfx.video.source import open_source\n"
        "assert not {'av', 'decord', 'cv2'} & set(sys.modules)\n"
        f"s, _ = open_source(Path({str(path)!r}), planes=False)\n"
        "print(sum(1 for _ in s), 'nvidia' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr == ""
    assert done.stdout.split()[1] == "False"


def real_media() -> list[Path]:
    folder = os.environ.get("VIDFX_TEST_DATA")
    if not folder:
        return []
    found = [*Path(folder, "oddmedia").glob("*.*"), *Path(folder, "clips").glob("*.*")]
    return sorted(found, key=lambda p: p.name)


@pytest.mark.skipif(not real_media(), reason="VIDFX_TEST_DATA is not set")
@pytest.mark.parametrize("path", real_media(), ids=lambda p: p.name)
def test_real_media(path: Path):
    count = 20 if path.stat().st_size > 400_000 else 400
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        packets = [p for p in container.demux(stream) if p.size]
        shown = sorted(p.pts for p in packets if not p.is_discard)
    with av.open(str(path)) as container:
        decoded = islice(container.decode(container.streams.best("video")), count)
        wanted = [np.rot90(f.to_ndarray(format="rgb24"), f.rotation // 90) for f in decoded]
    objection = preflight(path).objection
    for reader in READERS:
        if reader == "decord" and objection:
            with pytest.raises(UsageError):
                open_source(path, reader, planes=False)
            continue
        source, _ = open_source(path, reader, planes=False)
        with source:
            frames = list(islice(source, count))
        assert source.warnings == []
        assert [f.index for f in frames] == list(range(len(wanted)))
        assert [f.pts for f in frames] == shown[: len(wanted)]
        # where chroma has to be interpolated, the two differ in how
        exact = source.info.pixel_format in ("yuv420p", "yuvj420p", "bgra")
        exact &= source.info.height % 2 == 0
        for frame, true in zip(frames, wanted, strict=True):
            assert frame.rgb.shape == true.shape
            difference = cv2.absdiff(frame.rgb[::2], np.ascontiguousarray(true[::2])).mean()
            assert difference == 0 if reader == "pyav" else difference < (0.01 if exact else 5)
    name = path.name
    if name in ("discard_first_keyframe.mp4", "pyfeat-face_noface.mov") or name.endswith(".mpg"):
        assert objection


def test_the_counter_counts():
    folder = os.environ.get("VIDFX_TEST_DATA")
    path = Path(folder or "", "oddmedia", "counter.mp4")
    if not folder or not path.exists():
        pytest.skip("VIDFX_TEST_DATA/oddmedia/counter.mp4 is absent")
    for reader in READERS:
        frames = read(path, reader)
        assert len(frames) == 30
        for a, b in pairwise(frames):
            assert cv2.absdiff(a.rgb, b.rgb).max() > 100


def test_auto_leaves_long_videos_to_pyav_since_decord_reads_ahead(tmp_path, monkeypatch):
    from vidfx.video import source

    path = tmp_path / "long.mp4"
    clips.write_clip(path, clips.demo_frames((160, 90), seconds=1), (160, 90))
    assert source.open_source(path, planes=False)[0].name == "decord"
    monkeypatch.setattr(source, "DECORD_AHEAD_BYTES", 30 * 160 * 90 * 3 - 1)
    chosen, why = source.open_source(path, planes=False)
    assert chosen.name == "pyav" and "reads ahead" in why
    assert source.open_source(path, "decord", planes=False)[0].name == "decord"
