"""What is written: every frame at its time, pictures, colours and faults."""

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video import media
from tests.vidfx_command import run_python
from vidfx.errors import OutputError
from vidfx.types import Colour, Frame, VideoInfo
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.encoder_choice import EncoderChoice
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.files import AtomicFile


def x264(**options: str) -> EncoderChoice:
    return EncoderChoice("libx264", {"preset": "veryfast", "crf": "23", **options})


def times(info: VideoInfo, pts: list[int]) -> list[Fraction]:
    return [(stamp - info.start_pts) * info.time_base for stamp in pts]


# Time


@pytest.mark.parametrize(
    "time_base",
    [
        Fraction(1, 1000),
        Fraction(1, 90_000),
        Fraction(1001, 30_000),
        Fraction(1, 15_360),
        Fraction(1, 10_000_000),
        Fraction(1, 30),
        Fraction(1, 1_000_000_000),
        Fraction(3, 100),
    ],
    ids=str,
)
def test_every_frame_is_shown_at_its_own_time(out: Path, time_base: Fraction) -> None:
    ticks = max(1, round(Fraction(1, 30) / time_base))
    gaps = np.random.default_rng(0).integers(1, 6, 40) * ticks + (np.arange(40) % 3)
    start = 12_345
    info = media.info(time_base, start_pts=start)
    pts = list(accumulate(map(int, gaps), initial=start))
    media.write_video(out, info, pts)
    assert media.presentation_times(out) == times(info, pts)


def test_a_late_first_frame_stays_late(out: Path) -> None:
    info = media.info(Fraction(1001, 30_000), start_pts=7)
    pts = list(range(8, 30))
    media.write_video(out, info, pts)
    assert media.presentation_times(out) == times(info, pts)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.start_time * stream.time_base == info.time_base


def test_one_frame(out: Path) -> None:
    media.write_video(out, media.info(), [0])
    assert media.presentation_times(out) == [0]


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (None, 10 * media.STEP),
        (0.4, 10 * media.STEP),
        (2.0, 25_600),
        pytest.param(60.0, 10 * media.STEP, id="a claim that a damaged file makes"),
        pytest.param(0.37, 10 * media.STEP, id="a claim that forgets the last frame"),
    ],
)
def test_the_last_frame_is_shown_as_long_as_in_the_input(
    out: Path, duration_s: float | None, expected: int
) -> None:
    media.write_video(
        out, media.info(duration_s=duration_s), list(range(0, 10 * media.STEP, media.STEP))
    )
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(expected, 12_800)
        assert container.duration == pytest.approx(expected / 12_800 * 1e6, abs=2)


def test_pts_that_do_not_rise_are_refused(out: Path) -> None:
    with pytest.raises(ValueError, match="must rise"):
        media.write_video(out, media.info(), [0, 5, 5])
    assert not list(out.parent.iterdir())


# Picture


@pytest.mark.parametrize("colour", [Colour(1, 1, 1), Colour(5, 6, 5), Colour(9, 16, 9, True)])
def test_colour_and_pixel_shape_are_kept(out: Path, colour: Colour) -> None:
    info = media.info(colour=colour, sample_aspect_ratio=Fraction(12, 11))
    media.write_video(out, info, [0, media.STEP])
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        read = stream.codec_context
    assert (read.name, read.pix_fmt) == ("h264", "yuv420p")
    assert (read.color_primaries, read.color_trc, read.colorspace, read.color_range) == (
        colour.primaries,
        colour.transfer,
        colour.matrix,
        1,
    )
    assert stream.sample_aspect_ratio == Fraction(12, 11)


def test_rgb_is_no_matrix_of_planes(out: Path) -> None:
    media.write_video(out, media.info(colour=Colour(1, 13, 0)), [0])
    with av.open(str(out)) as container:
        assert next(container.decode(video=0)).colorspace == 2


@pytest.mark.parametrize(("height", "width"), [(2, 2), (36, 64), (38, 66), (270, 130)])
def test_pictures_of_all_even_sizes_come_back(out: Path, height: int, width: int) -> None:
    written = list(media.frames([0, media.STEP, 2 * media.STEP], height=height, width=width))
    media.write_frames(out, media.info(), written, choice=x264(crf="1"))
    with av.open(str(out)) as container:
        read = [frame.to_ndarray() for frame in container.decode(video=0)]
    for frame, planes in zip(written, read, strict=True):
        assert planes.shape == frame.planes.shape
        assert np.abs(planes.astype(int) - frame.planes).mean() < 3


def test_a_change_of_size_is_refused(out: Path) -> None:
    (first,) = media.frames([0])
    (second,) = media.frames([1], height=48)
    with pytest.raises(ValueError, match="64x48"):
        media.write_frames(out, media.info(), [first, second])


def test_the_index_comes_before_the_data(out: Path, tmp_path: Path) -> None:
    sound = media.write_sound(tmp_path / "a.mp4", "aac")
    media.write_video(out, media.info(), list(range(0, 10 * media.STEP, media.STEP)), sound)
    order = media.atoms(out)
    assert order.index("moov") < order.index("mdat")


def test_no_place_or_name_of_a_person_is_passed_on(out: Path, tmp_path: Path) -> None:
    plain = media.write_sound(tmp_path / "plain.mp4", "aac")
    tagged = tmp_path / "tagged.mp4"
    with av.open(str(plain)) as source, av.open(str(tagged), "w") as container:
        container.metadata["location"] = "+48.8577+002.2950/"
        container.metadata["artist"] = "Jane Doe"
        stream = container.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    media.write_video(out, media.info(), [0, media.STEP], tagged)
    assert b"Jane Doe" in tagged.read_bytes()
    assert b"Jane Doe" not in out.read_bytes()
    assert b"48.8577" not in out.read_bytes()


# Failures


def test_without_frames_there_is_no_file(out: Path) -> None:
    with pytest.raises(OutputError, match="there is no frame") as caught:
        media.write_video(out, media.info(), [])
    assert caught.value.hint
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_nothing(out: Path, tmp_path: Path, error: type[BaseException]) -> None:
    sound = media.write_sound(tmp_path / "a.mp4", "aac")
    with (
        pytest.raises(error),
        AtomicFile(out) as file,
        Mp4Muxer(file, media.info(), audio_from=sound) as mp4,
    ):
        encoder = VideoEncoder(mp4)
        for frame in media.frames(range(0, 60 * media.STEP, media.STEP)):
            encoder.write(frame)
        raise error
    assert not list(out.parent.iterdir())


def test_a_muxer_that_is_closed_too_early_leaves_nothing(out: Path) -> None:
    file = AtomicFile(out)
    with Mp4Muxer(file, media.info(), audio_from=None) as mp4:
        VideoEncoder(mp4).write(next(media.frames([0])))
    mp4.close()
    file.discard()
    assert not list(out.parent.iterdir())


def test_what_is_complete_stays_until_its_owner_discards_it(out: Path) -> None:
    file = AtomicFile(out)
    with Mp4Muxer(file, media.info(), audio_from=None) as mp4:
        encoder = VideoEncoder(mp4)
        encoder.write(next(media.frames([0])))
        encoder.finish()
        mp4.complete()
    assert media.presentation_times(file.part) == [0]
    file.discard()
    assert not list(out.parent.iterdir())


def test_settings_that_the_encoder_refuses(out: Path) -> None:
    with pytest.raises(OutputError, match="cannot write") as caught:
        media.write_video(out, media.info(), [0], choice=x264(preset="nonsense"))
    assert caught.value.hint
    assert not list(out.parent.iterdir())


def noise(count: int) -> Iterator[Frame]:
    """Frames that do not compress."""
    random = np.random.default_rng(0)
    for index in range(count):
        planes = random.integers(16, 235, (360, 320), np.uint8)
        yield Frame(index, index * media.STEP, planes, planes)


def fill(path: Path, count: int) -> None:
    media.write_frames(path, media.info(), noise(count), choice=x264(preset="ultrafast"))


def limited_disk(folder: Path, size: int) -> Path:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small disk here")
    return folder


@pytest.mark.parametrize("missing", [0.9, 0.5, 0.05, 0], ids=str)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, missing: float) -> None:
    whole = tmp_path / "whole.mp4"
    fill(whole, 20)
    pages = whole.stat().st_size // 4096
    disk = limited_disk(tmp_path / "disk", int(pages * (1 - missing)) * 4096)
    try:
        with pytest.raises(OutputError, match="No space left on device") as caught:
            fill(disk / "a.mp4", 20)
        assert "free some space" in caught.value.hint
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit")
def test_a_file_size_limit_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    script = f"""
import resource, signal, sys
from pathlib import Path
from tests.video.write.test_encoder import fill, OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    fill(Path({str(tmp_path / "a.mp4")!r}), 30)
except OutputError as error:
    sys.exit("File too large" not in str(error))
sys.exit(2)
"""
    assert run_python(script).returncode == 0
    assert not list(tmp_path.iterdir())


# Real files


def clip(name: str) -> Path:
    folder = Path(os.environ.get("VIDFX_TEST_DATA", "nowhere"))
    if not (folder / name).exists():
        pytest.skip(f"{folder / name} is not here; VIDFX_TEST_DATA names the folder")
    return folder / name


def read(path: Path, limit: int) -> tuple[VideoInfo, list[Frame]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base
        info = media.info(
            stream.time_base,
            start_pts=round(Fraction(container.start_time, av.time_base) / stream.time_base),
            width=stream.width,
            height=stream.height,
        )
        frames = []
        for index, frame in enumerate(container.decode(stream)):
            if index == limit:
                break
            planes = frame.reformat(frame.width // 2 * 2, frame.height // 2 * 2, "yuv420p")
            frames.append(Frame(index, frame.pts, np.empty(0), planes.to_ndarray()))
    return info, frames


@pytest.mark.parametrize(
    ("name", "audio"),
    [
        ("clips/liveportrait-d19.mp4", "copied aac"),
        ("clips/pyfeat-face_noface.mov", "copied aac"),
        ("clips/pyfeat-single_face.mp4", "mp2 re-encoded to aac"),
        ("clips/lipnet_grid-bbaf2n.mpg", "mp2 re-encoded to aac"),
        ("oddmedia/flipping_a_pancake.mkv", "copied opus"),
        ("oddmedia/delayed_start.mp4", "none"),
        ("oddmedia/nasa_13013.mp4", "copied aac"),
    ],
)
def test_real_files(out: Path, name: str, audio: str) -> None:
    path = clip(name)
    info, frames = read(path, limit=30)
    report = media.write_frames(out, info, frames, path, choice=x264(preset="ultrafast"))
    assert report.audio == audio
    assert media.presentation_times(out) == times(info, [frame.pts for frame in frames])
    if audio == "copied aac":
        before, after = media.sound_packets(path), media.sound_packets(out)
        assert [data for _, data in after] == [data for _, data in before]
        zero = info.start_pts * info.time_base
        for (was, _), (now, _) in zip(before, after, strict=True):
            assert abs(was - zero - now) < Fraction(1, 1000)
