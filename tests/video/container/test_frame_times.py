"""Times, rates and durations where containers have none, or wrong ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from tests.video import media, paff
from vidfx.video.container.frame_times import MonotonicPts, PtsFromDts
from vidfx.video.container.scan import scan
from vidfx.video.read.preflight import preflight
from vidfx.video.read.pyav_source import PyAVSource


def read(path: Path, **part: float) -> tuple[list[int], list[float], PyAVSource]:
    with PyAVSource(path, **part) as source:
        found = [(frame.index, source.info.seconds(frame.pts)) for frame in source]
    return [index for index, _ in found], [time for _, time in found], source


def copied(source: Path, path: Path, **options: str) -> Path:
    """The packets of the first stream in another container."""
    with av.open(str(source)) as read, av.open(str(path), "w", options=options) as out:
        stream = out.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(p for p in read.demux(video=0) if p.size):
            packet.stream = stream
            if packet.pts is None:
                packet.pts = packet.dts = number * packet.duration
            out.mux(packet)
    return path


@pytest.mark.parametrize(
    ("video", "container", "rate"),
    [
        *[("libx264", "h264", 30), ("libx265", "hevc", 30), ("mpeg2video", "mpeg2video", 50)],
        ("mpeg4", "m4v", Fraction(60_000, 1001)),
    ],
)
def test_a_raw_stream_has_the_rate_that_it_says(
    tmp_path: Path, video: str, container: str, rate: int | Fraction
):
    path = media.write_recording(
        tmp_path / "raw", video=video, container=container, sound=None, frame_rate=rate
    )
    indices, times, source = read(path)
    assert source.info.frame_rate == rate
    assert indices == list(range(round(2 * rate)))
    assert times == pytest.approx([float(n / rate) for n in indices], abs=1e-4)
    assert source.warnings == []
    assert scan(path).fault == "it has no timestamps"
    later = sum(time < 1 for time in times)
    assert read(path, start_s=1)[:2] == (indices[later:], times[later:])


def test_the_rate_of_a_raw_stream_without_one_is_a_guess_that_is_reported(tmp_path: Path):
    for rate, told in ((None, True), (25, False)):
        path = paff.write_fields(tmp_path / "raw.h264", 10, rate=rate, paired=False)
        _, times, source = read(path)
        assert times == pytest.approx([n / 25 for n in range(10)])
        assert [("no frame rate" in warning) for warning in source.warnings] == [True] * told


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("name", ["a.ts", "a.mp4", "a.mkv"])
def test_two_fields_are_one_frame(tmp_path: Path, name: str, paired: bool):
    raw = paff.write_fields(tmp_path / "raw.h264", 30, paired=paired)
    path = copied(raw, tmp_path / name)
    indices, times, source = read(path)
    assert indices == list(range(30))
    assert [round(b - a, 3) for a, b in pairwise(times)] == [0.04] * 29
    assert source.warnings == []
    assert len(scan(path).pts) == 30
    with PyAVSource(path) as reading:
        assert {frame.duration * reading.info.time_base for frame in reading} == {Fraction(1, 25)}
    assert read(path, start_s=0.4)[0] == list(range(10, 30))


def test_an_avi_shows_a_frame_when_its_place_has_come(tmp_path: Path):
    """Frames that a recorder dropped take time, and B-frames are stored after what follows them."""
    path = tmp_path / "drops.avi"
    kept = [*range(20), *range(35, 60)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25, options={"bf": "2", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = media.WIDTH, media.HEIGHT, "yuv420p"
        for number in kept:
            planes = np.full((media.HEIGHT * 3 // 2, media.WIDTH), 128, np.uint8)
            planes[: media.HEIGHT] = 4 * number
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with PyAVSource(path) as source:
        frames = list(source)
        times = [source.info.seconds(frame.pts) for frame in frames]
    assert times == pytest.approx([number / 25 for number in kept])
    assert [frame.index for frame in frames] == list(range(45))
    assert [round(float(f.yuv[0].mean()) / 4) for f in frames] == pytest.approx(kept, abs=1)
    assert scan(path).pts == [frame.pts for frame in frames]


def test_order_is_kept_where_a_decoder_keeps_frames_back():
    order = PtsFromDts(delay=1, step=1)
    assert [order.feed(dts) for dts in (0, 1, 2, 7, 8)] == [None, 0, 1, 6, 7]
    assert order.flush() == [8]
    assert [order.next() for _ in range(6)] == [0, 1, 6, 7, 8, None]
    assert PtsFromDts(delay=2, step=1).all([5]) == [4]


def test_no_time_is_used_twice_and_no_frame_lost():
    rising = MonotonicPts(start=0, step=40, second=1000)
    given = [0, 40, 40, 120, None, 200, 5, 280, -9000]
    assert [rising.next(t, 0) for t in given] == [0, 40, 41, 120, 160, 200, 201, 280, 320]
    assert (rising.untimed, rising.late) == (1, 3)


def test_decoding_times_help_where_those_of_showing_are_wrong():
    rising = MonotonicPts(start=0, step=40, second=1000)
    pairs = [(0, 0), (None, 40), (20, 80), (10, 120), (5, 160), (200, 200)]
    best = [rising.best_effort(SimpleNamespace(pts=pts, dts=dts)) for pts, dts in pairs]
    assert best == [0, 40, 20, 120, 160, 200]


def test_a_rate_that_no_camera_has_is_counted(tmp_path: Path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=1000)
        stream.width, stream.height, stream.pix_fmt = media.WIDTH, media.HEIGHT, "yuv420p"
        for number in range(30):
            frame = av.VideoFrame(media.WIDTH, media.HEIGHT, "yuv420p")
            frame.pts, frame.time_base = number * 66, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate > 120
    with PyAVSource(path) as source:
        assert float(source.info.frame_rate) == pytest.approx(1000 / 66, rel=0.05)


@pytest.mark.parametrize("begin", [0, 86_000])
def test_a_file_that_begins_late_has_its_own_length(tmp_path: Path, begin: int):
    path = media.write_recording(tmp_path / "a.mkv", begin=begin)
    _, _, source = read(path)
    assert source.warnings == []
    assert source.info.duration_s == pytest.approx(2, abs=0.1)
    assert preflight(path).shortfall is None


@pytest.mark.parametrize("claim", ["nan", "inf", "00:00:inf", "00:00:nan", "00:00:1e30", "99:99"])
def test_invalid_lengths_are_ignored(tmp_path: Path, claim: str):
    path = media.write_recording(tmp_path / "a.mkv", sound=None)
    data = path.read_bytes()
    true = b"00:00:02.000000000"
    assert true in data
    path.write_bytes(data.replace(true, claim.encode().ljust(len(true), b"\0")))
    _, _, source = read(path)
    assert source.info.duration_s == pytest.approx(2, abs=0.01)
    assert source.warnings == []


def test_frames_that_an_edit_list_leaves_out_are_not_missed(tmp_path: Path):
    path = tmp_path / "a.mp4"
    whole = media.write_recording(tmp_path / "whole.mp4", sound=None)
    with (
        av.open(str(whole)) as given,
        av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as out,
    ):
        stream = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                packet.pts -= packet.time_base.denominator
                packet.dts -= packet.time_base.denominator
                out.mux(packet)
    indices, _, source = read(path)
    assert len(indices) == 25
    assert source.warnings == []


def test_a_last_frame_is_shown_as_long_as_the_container_says(tmp_path: Path, out: Path):
    """Also where the one before it was shown for long, and where it is shown for long itself."""
    step = media.STEP
    for last, claimed in ((100, 104), (100, 400), (25, 26)):
        pts = [*range(0, 10 * step, step), last * step]
        facts = media.info(duration_s=claimed / 25, frame_rate=Fraction(11, 4))
        lengths = [b - a for a, b in pairwise(pts)] + [(claimed - last) * step]
        frames = zip(media.frames(pts), lengths, strict=True)
        media.write_frames(out, facts, (replace(f, duration=length) for f, length in frames))
        with av.open(str(out)) as container:
            stream = container.streams.video[0]
            assert stream.duration * stream.time_base == Fraction(claimed, 25)
            assert media.presentation_times(out)[-1] == Fraction(last, 25)
