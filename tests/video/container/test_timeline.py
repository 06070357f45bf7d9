"""One timeline for picture and sound of recordings whose timestamps jump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.video import media
from vidfx.types import Frame
from vidfx.video.container.cutting import split_at_key_frames
from vidfx.video.container.demuxer import open_video
from vidfx.video.container.timeline import Timeline
from vidfx.video.read.pyav_source import PyAVSource
from vidfx.video.write.muxer import VideoReport

PICTURE, SOUND = 0, 1
LENGTHS = {PICTURE: 3600, SOUND: 1920}


@dataclass
class Packet:
    """What the timeline looks at."""

    stream_index: int
    pts: int | None
    dts: int | None = None
    stream: object = None
    time_base: Fraction = Fraction(1, 90_000)
    duration: int = 0
    is_keyframe: bool = True
    was: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.dts = self.pts
        self.duration = LENGTHS[self.stream_index]
        self.was = (self.pts or 0) / 90_000


def part(
    seconds: float, *, begin: float = 0, sound: tuple[float, float] | None = (0, 0)
) -> list[Packet]:
    """Packets by their times; ``sound`` begins and ends so much later than the picture."""
    ticks = round(begin * 90_000)
    found = [Packet(PICTURE, ticks + t) for t in range(0, round(seconds * 90_000), 3600)]
    if sound:
        first, last = (round(s * 90_000) for s in (sound[0], seconds + sound[1]))
        found += [Packet(SOUND, ticks + t) for t in range(first, last, 1920)]
    return sorted(found, key=lambda packet: packet.was)


def placed(packets: list[Packet]) -> tuple[list[float], list[float], int]:
    """Seconds of picture and sound, and the number of jumps."""
    timeline = Timeline()
    done = list(timeline.place(packets))  # type: ignore[arg-type]
    assert len(done) == len(packets)
    picture, sound = (
        [round((p.pts or 0) / 90_000, 3) for p in done if p.stream_index == index]
        for index in (PICTURE, SOUND)
    )
    return picture, sound, timeline.discontinuities


def steps(times: list[float]) -> set[float]:
    return {round(b - a, 3) for a, b in pairwise(times)}


@pytest.mark.parametrize("begin", [0, 3, 5000, 95_000])
def test_parts_that_were_joined_follow_each_other_in_step(begin: float):
    picture, sound, jumps = placed([*part(5, begin=4000), *part(6, begin=begin), *part(3)])
    assert jumps == 2
    assert steps(picture) == {0.04}
    assert picture[-1] == pytest.approx(4000 + 14 - 0.04, abs=0.001)
    # the sound of each part begins with its picture
    for at in (5, 11):
        assert min(abs(time - 4000 - at) for time in sound) < 0.03


def test_a_pause_of_the_recorder_is_cut_and_a_short_gap_kept():
    for pause, expected in ((3600, 0.04), (9, 9.0)):
        picture, sound, jumps = placed([*part(2), *part(2, begin=2 + pause - 0.04)])
        assert (jumps, max(steps(picture))) == (int(pause > 10), pytest.approx(expected, abs=0.05))
        assert abs(picture[50] - min(t for t in sound if t > 2.02)) < 0.06


def test_sound_that_pauses_alone_is_no_jump():
    packets = [*part(30, sound=None), *part(5, sound=(0, 0))[0:0]]
    sound = [p for p in part(30) if p.stream_index == SOUND and not 3 < p.was < 25]
    picture, heard, jumps = placed(sorted([*packets, *sound], key=lambda packet: packet.was))
    assert jumps == 0
    assert heard == [round(p.was, 3) for p in sound]
    assert steps(picture) == {0.04}


def test_sound_with_a_gap_over_the_joint_stays_in_step():
    packets = [*part(10, sound=(0, -7)), *part(10, sound=(4, 0))]
    picture, sound, _ = placed(packets)
    assert steps(picture) == {0.04}
    assert min(time for time in sound if time > 3.1) == pytest.approx(14, abs=0.03)


def test_sound_that_is_longer_than_the_picture_is_not_overlapped():
    picture, sound, _ = placed([*part(5, sound=(0, 1)), *part(5)])
    assert picture[125] == pytest.approx(6, abs=0.05)
    assert all(b > a for a, b in pairwise(sound))
    assert min(abs(time - picture[125]) for time in sound) < 0.03


def test_packets_of_the_old_part_that_come_late_keep_their_place():
    """A demuxer gives a picture when the next begins: sound of the new part may come first."""
    old, new = part(5), part(5)
    last = [p for p in old if p.stream_index == PICTURE][-3:]
    first = [p for p in new if p.stream_index == SOUND][:6]
    packets = [*(p for p in old if p not in last), *first, *last]
    packets += [p for p in new if p not in first]
    picture, sound, jumps = placed(packets)
    assert jumps == 1
    assert max(steps(picture)) < 0.06 and min(steps(picture)) == 0.04
    assert min(abs(time - picture[125]) for time in sound) < 0.03
    assert min(steps(sound)) > 0 and max(steps(sound)) < 0.03


def test_a_recording_of_key_frames_with_short_durations_has_no_jumps(tmp_path: Path):
    """FFmpeg makes durations up where a container has none."""
    path = media.write_recording(tmp_path / "a.ts", video="mpeg2video")
    with open_video(path) as demuxer:
        found = list(demuxer.packets())
        for packet in found:
            packet.duration, packet.is_keyframe = 1, True
        timeline = Timeline()
        intra = sorted(found, key=lambda packet: packet.pts or 0)
        for packet in intra:
            packet.dts = packet.pts
        assert len(list(timeline.place(intra))) == 50  # type: ignore[arg-type]
        assert timeline.discontinuities == 0


def test_one_wrong_stamp_is_left_out():
    packets = part(5)
    bad = [p for p in packets if p.stream_index == PICTURE][60]
    bad.pts = bad.dts = 90_000 * 70_000
    picture, sound, jumps = placed(packets)
    assert jumps == 0
    assert bad.pts is None
    assert picture[61] == 2.44 and max(sound) < 5


def test_sound_that_jumps_alone_goes_on():
    packets = part(5)
    for packet in packets:
        if packet.stream_index == SOUND and packet.was > 2:
            packet.pts = packet.dts = packet.pts + 90_000 * 1000
    picture, sound, _ = placed(packets)
    assert steps(picture) == {0.04}
    assert max(steps(sound)) < 0.03 and max(sound) < 5


def annotated(path: Path, out: Path, **part: float) -> tuple[list[float], VideoReport, list[str]]:
    """What the annotated video would be: its frames' times by the reader, and what was told."""
    with PyAVSource(path, planes=True, **part) as source:
        times: list[float] = []

        def frames() -> Iterator[Frame]:
            for frame in source:
                assert frame.index == len(times)
                times.append(source.info.seconds(frame.pts))
                yield frame

        sound = path if source.info.has_audio else None
        report = media.write_frames(out, source.info, frames(), sound)
        return times, report, source.warnings


@pytest.mark.parametrize(
    ("container", "video", "sound"),
    [
        ("mpegts", "libx264", "aac"),
        ("mpegts", "mpeg2video", "mp2"),
        ("vob", "mpeg2video", "mp2"),
        ("flv", "libx264", "aac"),
    ],
)
def test_a_joined_file_keeps_all_frames_and_stays_in_sync(
    tmp_path: Path, out: Path, container: str, video: str, sound: str
):
    facts = {"container": container, "video": video, "sound": sound}
    parts = [
        media.write_recording(tmp_path / f"{n}.part", seconds=s, begin=b, **facts)
        for n, (s, b) in enumerate([(2, 20), (1.4, 1)])
    ]
    if container == "flv":  # its header stands at the beginning alone
        parts[1].write_bytes(parts[1].read_bytes()[13:])
    path = media.join(tmp_path / "joined", *parts, parts[1])
    times, _, warnings = annotated(path, out)
    assert len(times) == 120
    assert max(b - a for a, b in pairwise(times)) < 0.1
    assert "2 jump(s) in its timestamps were closed" in warnings[0]
    flashes = media.flash_times(out)
    assert media.presentation_times(out) == pytest.approx(times, abs=0.001)
    assert len(flashes) == 10
    assert media.beep_times(out) == pytest.approx(flashes, abs=0.05)


def test_a_part_of_a_joined_file_is_a_slice_of_the_whole(tmp_path: Path):
    part = media.write_recording(tmp_path / "a.ts")
    path = media.join(tmp_path / "joined.ts", part, part)
    with PyAVSource(path) as source:
        whole = [(frame.index, frame.pts) for frame in source]
        info = source.info
    for start, end in ((1.0, 3.0), (2.5, None)):
        with PyAVSource(path, start_s=start, end_s=end) as source:
            found = [(frame.index, frame.pts) for frame in source]
        assert found == [
            (n, pts)
            for n, pts in whole
            if info.seconds(pts) >= start and (end is None or info.seconds(pts) < end)
        ]
    segments, why = split_at_key_frames(info, 2, None, None, 0)
    assert not segments
    assert "discontinuous" in why


def test_the_sound_of_a_part_is_in_sync_behind_a_joint(tmp_path: Path, out: Path):
    part = media.write_recording(tmp_path / "a.ts")
    path = media.join(tmp_path / "joined.ts", part, part, part)
    with PyAVSource(path, planes=True, start_s=2.75) as source:
        media.write_frames(out, source.info, source, path, start_s=2.75)
    assert len(media.flash_times(out)) == 6
    assert media.beep_times(out) == pytest.approx(media.flash_times(out), abs=0.05)


def test_sound_that_begins_late_is_found(tmp_path: Path, out: Path):
    path = media.write_recording(tmp_path / "a.ts", seconds=4, sound_from=3)
    _, report, _ = annotated(path, out)
    assert report.audio == "copied aac"
    assert media.beep_times(out) == pytest.approx(media.flash_times(out)[6:], abs=0.03)


@pytest.mark.parametrize(
    ("before", "after"), [(44_100, 48_000), (24_000, 48_000), (44_100, 32_000)]
)
def test_sound_whose_rate_changes_keeps_pitch_and_place(
    tmp_path: Path, out: Path, before: int, after: int
):
    path = media.join(
        tmp_path / "joined.ts",
        media.write_recording(tmp_path / "a.ts", rate=before),
        media.write_recording(tmp_path / "b.ts", begin=2, rate=after),
    )
    times, report, _ = annotated(path, out)
    assert steps(times) == {0.04}
    assert report.audio == "copied aac"
    assert "another rate" in report.warnings[0]
    assert media.beep_times(out) == pytest.approx(media.flash_times(out), abs=0.03)
    with av.open(str(out)) as container:
        stream = container.streams.audio[0]
        assert stream.rate == before
        assert float(stream.duration * stream.time_base) == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize(("first", "second"), [("ac3", "aac"), ("aac", "ac3"), ("mp3", "aac")])
def test_sound_of_another_codec_from_the_middle_on_costs_itself_alone(
    tmp_path: Path, out: Path, first: str, second: str
):
    path = media.join(
        tmp_path / "joined.ts",
        media.write_recording(tmp_path / "a.ts", sound=first),
        media.write_recording(tmp_path / "b.ts", sound=second),
    )
    times, report, _ = annotated(path, out)
    assert len(times) == 100
    assert report.audio == f"copied {first}"
    assert f"of the sound are not {first} and were left out" in report.warnings[0]
    assert media.beep_times(out) == pytest.approx(media.flash_times(out)[:4], abs=0.03)
