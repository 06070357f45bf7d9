"""Metadata of an input: what is carried into the annotated video, and what not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import vidfx
from tests.video import media
from vidfx.types import VideoInfo
from vidfx.video.read.source import open_source
from vidfx.video.write.concat import concatenate
from vidfx.video.write.muxer import Mp4Muxer
from vidfx_engines.files import AtomicFile

MS = Fraction(1, 1000)
TAGS = {
    "title": "A day at the lake",
    "artist": "Ana Ünal",
    "creation_time": "2019-05-01T10:11:12.000000Z",
    "location": "+48.1000+011.5000/",
    "model": "a camera",
}


@pytest.fixture
def family_video(tmp_path: Path) -> Path:
    """Two seconds with two chapters, sound in German, and an attachment."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        out.metadata.update(TAGS)
        out.set_chapters(
            [
                {"id": 1, "start": 0, "end": 700, "time_base": MS, "metadata": {"title": "One"}},
                {"id": 2, "start": 700, "end": 2000, "time_base": MS, "metadata": {"title": "Två"}},
            ]
        )
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = media.WIDTH, media.HEIGHT, "yuv420p"
        sound = out.add_stream("aac", rate=48_000)
        sound.metadata.update({"language": "ger", "title": "Regie"})
        out.add_attachment("font.ttf", "font/ttf", b"0" * 64)
        for number in range(50):
            frame = av.VideoFrame(media.WIDTH, media.HEIGHT, "yuv420p")
            frame.pts = number
            out.mux(video.encode(frame))
        for number in range(90):
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            silence.sample_rate, silence.pts = 48_000, number * 1024
            out.mux(sound.encode(silence))
        out.mux([*video.encode(None), *sound.encode(None)])
    return path


def annotated(source: Path, out: Path, **part) -> tuple[str, ...]:
    reader, _ = open_source(source, planes=True, **part)
    with reader:
        return media.write_frames(out, reader.info, reader, source, **part).warnings


def chapters(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), name)
            for c in container.chapters()
            for name in [c["metadata"]["title"]]
        ]


def test_names_dates_chapters_and_languages_are_kept(family_video: Path, out: Path) -> None:
    warnings = annotated(family_video, out)
    assert warnings == ("left out of the annotated video: 1 attachment",)
    with av.open(str(out)) as container:
        said = container.metadata
        assert {name: said.get(name) for name in TAGS} == TAGS | {"location": None, "model": None}
        assert container.streams.audio[0].metadata["language"] == "ger"
        assert container.streams.audio[0].metadata["name"] == "Regie"
        assert said["comment"] == f"annotated by vidfx {vidfx.__version__}"
    assert chapters(out) == [(0, 0.7, "One"), (0.7, 2, "Två")]
    assert b"+48" not in out.read_bytes()


def test_a_comment_is_kept_before_the_mark_which_is_not_repeated(tmp_path: Path, out: Path) -> None:
    source, again = tmp_path / "c.mkv", tmp_path / "d.mp4"
    media.write_video(source, media.info(), [0, media.STEP])
    with av.open(str(source)) as given, av.open(str(out), "w") as copy:
        copy.metadata["comment"] = "At the lake"
        stream = copy.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    for given, made in ((out, tmp_path / "c.mp4"), (tmp_path / "c.mp4", again)):
        annotated(given, made)
        with av.open(str(made)) as container:
            mark = f"annotated by vidfx {vidfx.__version__}"
            assert container.metadata["comment"] == f"At the lake; {mark}"


def test_a_part_has_the_chapters_of_that_part(family_video: Path, out: Path) -> None:
    annotated(family_video, out, start_s=1.0, end_s=1.6)
    assert chapters(out) == [(0, pytest.approx(0.6), "Två")]
    annotated(family_video, out, start_s=0.4, end_s=1.0)
    assert chapters(out) == [(0, pytest.approx(0.3), "One"), (0.3, pytest.approx(0.6), "Två")]


def test_sound_that_is_encoded_keeps_its_language(tmp_path: Path, out: Path) -> None:
    plain = media.write_sound(tmp_path / "b.mkv", "pcm_s16le")
    named = tmp_path / "c.mkv"
    with av.open(str(plain)) as source, av.open(str(named), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.audio[0])
        stream.metadata["language"] = "por"
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    media.write_video(out, media.info(), [0, media.STEP], named)
    with av.open(str(out)) as container:
        assert container.streams.audio[0].metadata["language"] == "por"


def test_segments_that_are_joined_keep_it_too(family_video: Path, tmp_path: Path) -> None:
    reader, _ = open_source(family_video, planes=True)
    part, out = tmp_path / "part.mp4", tmp_path / "joined.mp4"
    with reader:
        media.write_frames(part, reader.info, reader)
    info: VideoInfo = reader.info
    with AtomicFile(out) as file, Mp4Muxer(file, info, audio_from=family_video) as mp4:
        concatenate([part], mp4, 0)
        mp4.complete()
    assert chapters(out) == [(0, 0.7, "One"), (0.7, 2, "Två")]
    with av.open(str(out)) as container:
        assert container.metadata["title"] == TAGS["title"]
        assert container.streams.audio[0].metadata["language"] == "ger"
