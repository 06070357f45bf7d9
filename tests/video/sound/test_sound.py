"""The sound of the annotated video: copied where MP4 takes it, else encoded as AAC, and in sync."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video import media


@pytest.mark.parametrize(
    ("name", "codec", "report"),
    [
        ("a.mp4", "aac", "copied aac"),
        ("a.mov", "alac", "copied alac"),
        ("a.mp4", "libmp3lame", "copied mp3"),
        ("a.mp4", "libopus", "copied opus"),
        ("a.mp4", "flac", "copied flac"),
        ("a.mp4", "ac3", "copied ac3"),
    ],
)
def test_sound_that_mp4_takes_is_copied_bit_for_bit(
    out: Path, tmp_path: Path, name: str, codec: str, report: str
) -> None:
    sound = media.write_sound(tmp_path / name, codec)
    # Longer than the picture, and all of it kept.
    written = media.write_video(
        out, media.info(), list(range(0, 25 * media.STEP, media.STEP)), sound
    )
    assert (written.audio, written.warnings) == (report, ())
    assert media.sound_packets(out) == media.sound_packets(sound)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.ts", "aac"), ("a.mkv", "libopus"), ("a.mkv", "aac")]
)
def test_sound_of_other_containers_is_copied(
    out: Path, tmp_path: Path, name: str, codec: str
) -> None:
    sound = media.write_sound(tmp_path / name, codec, begin=0.3)
    with av.open(str(sound)) as container:
        zero = Fraction(container.start_time, av.time_base) if name == "a.ts" else Fraction(0)
    start = round(zero * 12_800)
    pts = list(range(start, start + 25 * media.STEP, media.STEP))
    report = media.write_video(out, media.info(start_pts=start), pts, sound)
    assert report.audio.startswith("copied")
    before = [beep - float(zero) for beep in media.beep_times(sound)]
    assert media.beep_times(out) == pytest.approx(before, abs=0.002)
    assert media.presentation_times(out)[0] == 0
    if codec == "aac":
        with av.open(str(out)) as container:
            assert container.streams.audio[0].codec_context.extradata


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mpg", "mp2", {}),
        ("a.ts", "mp2", {}),
        ("a.mkv", "vorbis", {}),
        ("a.wav", "pcm_s16le", {}),
        ("a.avi", "pcm_s16le", {"rate": 192_000}),
        ("a.mkv", "pcm_s24le", {"rate": 44_100, "channels": 6}),
        ("a.mkv", "pcm_s16le", {"begin": 0.4}),
        ("a.mkv", "pcm_s16le", {"channels": 8}),
        ("a.avi", "libmp3lame", {"rate": 8000, "channels": 1}),
    ],
)
def test_other_sound_is_made_aac_in_sync(
    out: Path, tmp_path: Path, name: str, codec: str, options: dict
) -> None:
    sound = media.write_sound(tmp_path / name, codec, **options)
    with av.open(str(sound)) as container:
        late = name in {"a.mpg", "a.ts"}
        zero = Fraction(container.start_time, av.time_base) if late else Fraction(0)
    start = round(zero * 12_800)
    pts = list(range(start, start + 25 * media.STEP, media.STEP))
    report = media.write_video(out, media.info(start_pts=start), pts, sound)
    assert report.audio.endswith("re-encoded to aac")
    assert report.warnings == ()
    before = [beep - float(zero) for beep in media.beep_times(sound)]
    assert len(before) == 2
    assert media.beep_times(out) == pytest.approx(before, abs=0.003)
    with av.open(str(out)) as container:
        assert container.streams.audio[0].channels == options.get("channels", 2)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le")])
@pytest.mark.parametrize("first", [2.0, 20.0])
def test_a_part_has_the_sound_of_that_part(
    out: Path, tmp_path: Path, name: str, codec: str, first: float
) -> None:
    sound = media.write_sound(
        tmp_path / name, codec, at=[first - 0.5, first + 0.5, first + 2.5], seconds=first + 4
    )
    start = round(first * 25) * media.STEP
    pts = list(range(start, start + 50 * media.STEP, media.STEP))
    media.write_video(out, media.info(), pts, sound, start_s=first - 0.01, end_s=first + 2)
    assert media.presentation_times(out)[0] == 0
    assert media.beep_times(out) == pytest.approx([0.5], abs=0.003)
    with av.open(str(out)) as container:
        assert container.duration / av.time_base == pytest.approx(2, abs=0.03)


def test_a_gap_in_the_sound_becomes_silence(out: Path, tmp_path: Path) -> None:
    sound = tmp_path / "a.mkv"
    rate = 48_000
    samples = media.beeps([0.0], seconds=0.5, rate=rate, channels=2)
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate)
        for begin in (0.25, 2.0):
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
            frame.sample_rate = rate
            frame.time_base = Fraction(1, rate)
            frame.pts = round(begin * rate)
            container.mux(stream.encode(frame))
    media.write_video(out, media.info(), [0, media.STEP], sound)
    assert media.beep_times(out) == pytest.approx([0.25, 2.0], abs=0.003)


def test_of_several_sounds_one_is_kept_and_reported(out: Path, tmp_path: Path) -> None:
    sound = media.write_sound(tmp_path / "a.mp4", "aac", copies=3)
    report = media.write_video(out, media.info(), [0, media.STEP], sound)
    assert report.warnings == ("2 more sound streams were left out",)
    with av.open(str(out)) as container:
        assert len(container.streams.audio) == 1


def test_damaged_sound_is_skipped_and_reported(out: Path, tmp_path: Path) -> None:
    sound = media.write_sound(tmp_path / "a.ts", "mp2", seconds=4)
    data = bytearray(sound.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = np.random.default_rng(1).bytes(6000)
    sound.write_bytes(data)
    with av.open(str(sound)) as container:
        start = round(Fraction(container.start_time, av.time_base) * 12_800)
    pts = list(range(start, start + 25 * media.STEP, media.STEP))
    report = media.write_video(out, media.info(start_pts=start), pts, sound)
    assert any("damaged" in warning for warning in report.warnings)
    assert len(media.beep_times(out)) >= 1
    with av.open(str(out)) as container:
        assert container.duration / av.time_base == pytest.approx(4, abs=0.15)


def test_sound_that_cannot_be_decoded_costs_no_picture(out: Path, tmp_path: Path) -> None:
    sound = media.write_sound(tmp_path / "a.mkv", "vorbis")
    with av.open(str(sound)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size > 20]
    data = sound.read_bytes()
    for packet in packets:
        data = data.replace(packet, b"\xff" * len(packet))
    sound.write_bytes(data)
    report = media.write_video(
        out, media.info(), list(range(0, 25 * media.STEP, media.STEP)), sound
    )
    assert "damaged" in report.warnings[0]
    assert len(media.presentation_times(out)) == 25


def test_an_input_without_sound_or_that_is_gone(out: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    media.write_video(silent, media.info(), [0, media.STEP])
    assert media.write_video(out, media.info(), [0, media.STEP], silent).audio == "none"
    report = media.write_video(out, media.info(), [0, media.STEP], tmp_path / "gone.mp4")
    assert report.audio == "none"
    assert "could not be read" in report.warnings[0]
