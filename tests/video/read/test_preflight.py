"""What is known of a file before it is decoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from tests.conformance.synthetic import Clip, picture
from vidfx.errors import NotMediaError
from vidfx.video.container.demuxer import open_video
from vidfx.video.container.scan import scan
from vidfx.video.read.preflight import preflight


def test_facts_of_a_plain_file(tmp_path: Path):
    checked = preflight(Clip(sound=True, colour=(1, 1)).write(tmp_path / "a.mp4"))
    info = checked.info
    assert checked.objection is None
    assert (info.width, info.height, info.n_frames) == (192, 112, 48)
    assert (info.codec, info.pixel_format, info.has_audio) == ("h264", "yuv420p", True)
    assert (info.rotation, info.sample_aspect_ratio) == (0, Fraction(1))
    assert info.duration_s == pytest.approx(48 / 25)
    assert float(info.frame_rate) == pytest.approx(25)
    assert (info.colour.matrix, info.colour.full_range) == (1, False)


def test_the_scan_is_in_order_of_presentation(tmp_path: Path):
    times = [0, 40, 90, 100, 210, 230, 300, 310, 400, 450]
    scanned = scan(Clip(pts=times).write(tmp_path / "vfr.mkv"))
    assert scanned.pts == times
    assert scanned.keyframes[0] == 0
    assert scanned.fault is None


def test_playback_begins_with_the_first_stream(tmp_path: Path):
    late = Clip(pts=[500 + i * 40 for i in range(20)], sound=True)
    info = preflight(late.write(tmp_path / "late.mkv")).info
    assert info.seconds(500) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("name", "clip", "words"),
    [
        ("a.ts", Clip(), "mpegts"),
        ("a.mp4", Clip(hidden=5), "an edit list hides 5 of its frames"),
        ("b.mp4", Clip(codec="libx265"), "HEVC"),
        ("c.mp4", Clip(mirrored=True), "mirrored"),
    ],
)
def test_what_decord_must_not_read(tmp_path: Path, name: str, clip: Clip, words: str):
    assert words in (preflight(clip.write(tmp_path / name)).objection or "")


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("a.mkv", Clip()),
        ("a.avi", Clip(pts=list(range(20)), time_base=Fraction(1, 25))),
        ("a.mp4", Clip(pix_fmt="yuv420p10le", rotation=90)),
        ("b.mp4", Clip(codec="libx265", pts=[i * 40 for i in range(12)])),
    ],
)
def test_what_decord_may_read(tmp_path: Path, name: str, clip: Clip):
    assert preflight(clip.write(tmp_path / name)).objection is None


def test_a_damaged_timestamp_is_a_fault(tmp_path: Path):
    path = tmp_path / "twice.mkv"
    with (
        av.open(str(Clip(options={"bf": "0"}).write(tmp_path / "a.mkv"))) as source,
        av.open(str(path), "w") as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.pts = packet.dts = min(packet.dts, 1000)
                packet.stream = stream
                out.mux(packet)
    assert "no timestamp of their own" in (scan(path).fault or "")


def test_a_cover_picture_is_not_the_video(tmp_path: Path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=48_000)
        cover = out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 128, 64, "rgb24"
        cover.disposition = Disposition.attached_pic
        out.mux(cover.encode(av.VideoFrame.from_ndarray(picture(0, 128, 64), "rgb24")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with pytest.raises(NotMediaError, match="no video in it"):
        open_video(path)
