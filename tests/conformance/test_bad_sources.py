"""Files that are damaged, hostile or no media: what is readable is read, the rest is one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.conformance.readers import READERS, assert_refused, read
from tests.conformance.synthetic import Clip, number_in
from tests.vidfx_command import run_python
from vidfx.errors import DecodeError, NotMediaError, UsageError
from vidfx.video.read.decord_source import DecordSource
from vidfx.video.read.preflight import preflight
from vidfx.video.read.pyav_source import PyAVSource
from vidfx.video.read.source import Reader, open_source


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


def test_pyav_reads_on_where_decord_stops(media):
    checked = replace(preflight(media("hevc.mp4")), known_fault=None)
    with DecordSource(checked, rescue=True) as source:
        frames = list(source)
    assert [number_in(f.rgb) for f in frames] == list(range(48))
    assert [f.index for f in frames] == list(range(48))
    assert "PyAV decoded the rest" in source.warnings[0]
    with DecordSource(checked) as source, pytest.raises(DecodeError, match="stops at frame"):
        list(source)


def test_only_the_reader_that_is_used_is_imported_and_nothing_is_printed(tmp_path: Path):
    path = with_a_hole(tmp_path / "hole.mp4")
    code = (
        "import sys; from pathlib import Path; from vidfx.video.read.source import open_source\n"
        "assert not {'av', 'decord', 'cv2'} & set(sys.modules)\n"
        f"s, _ = open_source(Path({str(path)!r}), planes=False)\n"
        "print(sum(1 for _ in s), 'nvidia' in sys.modules)"
    )
    done = run_python(code)
    assert done.stderr == ""
    assert done.stdout.split()[1] == "False"


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
