"""Sound with long gaps, and sound of several programmes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.video import media
from vidfx.video.container.demuxer import open_video
from vidfx.video.read.pyav_source import PyAVSource

RATE = 48_000


def sound_at(path: Path, codec: str, times: list[float]) -> Path:
    """Half a second of sound, a beep at its beginning, at each of these times."""
    samples = media.beeps([0.0], seconds=0.5, rate=RATE, channels=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        for begin in times:
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = round(begin * RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_gap_of_hours_is_not_filled(out: Path, tmp_path: Path):
    sound = sound_at(tmp_path / "a.mkv", "pcm_s16le", [0.0, 9000.0])
    pts = [0, media.STEP, 10_000 * 25 * media.STEP]
    report = media.write_video(out, media.info(), pts, sound)
    assert report.audio == "pcm_s16le re-encoded to aac"
    assert report.warnings == ()
    assert len(media.sound_packets(out)) < 300
    assert media.beep_times(out) == pytest.approx([0.0, 9000.0], abs=0.003)


def test_sound_that_is_far_behind_the_picture_is_left_out_and_reported(out: Path, tmp_path: Path):
    sound = sound_at(tmp_path / "a.mkv", "pcm_s16le", [0.0, 1e6])
    report = media.write_video(out, media.info(), [0, media.STEP], sound)
    assert "left out" in report.warnings[0]
    assert media.beep_times(out) == pytest.approx([0.0], abs=0.003)
    with av.open(str(out)) as container:
        assert container.duration < 3 * av.time_base


def test_copied_sound_that_is_far_behind_the_picture_is_left_out_too(out: Path, tmp_path: Path):
    whole = media.write_sound(tmp_path / "whole.mkv", "aac")
    path = tmp_path / "a.mkv"
    with av.open(str(whole)) as given, av.open(str(path), "w") as other:
        stream = other.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(audio=0):
            if packet.size:
                packet.stream = stream
                if packet.pts > 1000:
                    packet.pts = packet.dts = packet.pts + 10**9
                other.mux(packet)
    report = media.write_video(out, media.info(), [0, media.STEP], path)
    assert "left out" in report.warnings[0]
    assert media.beep_times(out) == pytest.approx([0.5], abs=0.003)


def test_sound_that_an_edit_list_puts_behind_the_picture_is_kept(out: Path, tmp_path: Path):
    sound = sound_at(tmp_path / "a.mov", "pcm_s16le", [3600.0])
    report = media.write_video(out, media.info(), [0, media.STEP], sound)
    assert report.warnings == ()
    assert media.beep_times(out) == pytest.approx([3600.0], abs=0.003)
    assert len(media.sound_packets(out)) < 100


def packet_of_table(number: int, table: bytes) -> bytes:
    head = bytes([0x47, 0x40 | number >> 8, number & 0xFF, 0x10, 0])
    return (head + table + checksum(table)).ljust(188, b"\xff")


def checksum(table: bytes) -> bytes:
    """CRC-32 of ISO/IEC 13818-1, annex A."""
    value = 0xFFFFFFFF
    for byte in table:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value >> 31 else 0)
            value &= 0xFFFFFFFF
    return value.to_bytes(4, "big")


def in_two_programmes(path: Path, first: list[int], second: list[int]) -> None:
    """Say of a transport stream with one programme that its streams (PIDs) are of two."""
    maps = {0x1000: first, 0x1010: second}
    links = b"".join(bytes([0, n, 0xE0 | m >> 8, m & 0xFF]) for n, m in enumerate(maps, 1))
    tables = {0: table(0, 1, b"", links)}
    for number, (place, pids) in enumerate(maps.items(), 1):
        streams = b"".join(
            bytes([0x1B if pid < 0x102 else 0x0F, 0xE0 | pid >> 8, pid & 0xFF, 0xF0, 0])
            for pid in pids
        )
        clock = bytes([0xE0 | pids[0] >> 8, pids[0] & 0xFF, 0xF0, 0])
        tables[place] = table(2, number, clock, streams)
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    kept = [p for p in packets if (p[1] & 31) << 8 | p[2] not in (0, 17, *maps)]
    path.write_bytes(b"".join([packet_of_table(n, t) for n, t in tables.items()] + kept))


def table(kind: int, number: int, head: bytes, rows: bytes) -> bytes:
    body = number.to_bytes(2, "big") + b"\xc1\0\0" + head + rows
    return bytes([kind, 0xB0, len(body) + 4]) + body


@pytest.mark.parametrize("own", [0x102, 0x103])
def test_the_sound_is_of_the_programme_of_the_picture(tmp_path: Path, own: int):
    path = tmp_path / "a.ts"
    with av.open(str(path), "w") as out:
        pictures = [out.add_stream("libx264", rate=25) for _ in range(2)]
        sounds = [out.add_stream("aac", rate=RATE) for _ in range(2)]
        for picture in pictures:
            picture.width, picture.height, picture.pix_fmt = 64, 36, "yuv420p"
        for number in range(25):
            for picture in pictures:
                frame = av.VideoFrame(64, 36, "yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                out.mux(picture.encode(frame))
            for sound in sounds:
                samples = media.beeps([0.0], seconds=0.04, rate=RATE, channels=2)
                piece = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
                piece.sample_rate, piece.pts = RATE, number * RATE // 25
                out.mux(sound.encode(piece))
        for stream in (*pictures, *sounds):
            out.mux(stream.encode(None))
    other = 0x205 - own
    with open_video(path) as demuxer:
        assert len(demuxer.sounds) == 2
        first = demuxer.stream.id
    in_two_programmes(path, [first, own], [0x201 - first, other])
    with open_video(path) as demuxer:
        same = own if demuxer.stream.id == first else other
        assert [sound.id for sound in demuxer.sounds] == [same]
    in_two_programmes(path, [first], [0x201 - first, own, other])
    with PyAVSource(path) as source, open_video(path) as demuxer:
        assert source.info.has_audio == (demuxer.stream.id != first)
