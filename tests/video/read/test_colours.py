"""Colours of every pixel format and matrix: as RGB, and as planes with their tags."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.video import media
from vidfx.errors import DecodeError
from vidfx.types import Colour
from vidfx.video.read.colours import colour_of, warning_about
from vidfx.video.read.frame_converter import FrameConverter
from vidfx.video.read.preflight import preflight
from vidfx.video.read.source import open_source

RED, BLUE, WHITE = (180, 0, 0), (30, 120, 200), (255, 255, 255)
WEIGHTS = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}
"of red and blue; all others are BT.601's"
STORED_AS_COLOURS = (
    *("bgr24", "rgb48le", "bgra", "gbrp", "gbrap", "gbrp10le", "x2rgb10le", "rgb565le"),
    *("xyz12le", "0rgb"),
)
YUV = (
    *("yuv420p", "yuv410p", "yuv411p", "yuv444p", "yuvj422p", "nv12", "uyvy422", "p010le"),
    *("yuva420p", "yuv420p12be"),
)


def flat(colour: tuple[int, int, int], height: int = 64) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, 64, 3), colour, np.uint8), "rgb24")


def shown(frame: av.VideoFrame) -> tuple[np.ndarray, np.ndarray, Colour]:
    """A pixel as models see it, as players show the planes, and the colour that is told."""
    colour = colour_of(frame, frame.height)
    facts = media.info(width=frame.width, height=frame.height, colour=colour)
    made = FrameConverter(frame, facts, planes=True)(0, 0, frame)
    assert made.yuv is not None
    y, u, v = (float(plane[8, 8]) for plane in made.yuv)
    y, u, v = (y - 16) * 255 / 219, (u - 128) * 255 / 112, (v - 128) * 255 / 112
    red, blue = WEIGHTS.get(colour.matrix, (0.299, 0.114))
    u, v = u * (1 - blue), v * (1 - red)
    players = np.array([y + v, y - (blue * u + red * v) / (1 - red - blue), y + u])
    return made.rgb[8, 8].astype(float), players, colour


@pytest.mark.parametrize("height", [64, 720])
@pytest.mark.parametrize("colour", [RED, BLUE])
@pytest.mark.parametrize("name", STORED_AS_COLOURS)
def test_formats_without_planes_are_shown_as_they_are(name: str, colour, height: int) -> None:
    seen, players, told = shown(VideoReformatter().reformat(flat(colour, height), format=name))
    near = 10 if name in ("rgb565le", "xyz12le") else 3
    assert np.abs(seen - colour).max() <= near
    assert np.abs(players - seen).max() <= 4
    assert told == Colour(1, 13, 1 if height == 720 else 6)


def test_a_palette_is_a_way_to_store_colours() -> None:
    palette = np.zeros((256, 4), np.uint8)
    palette[7] = (255, *RED)
    frame = av.VideoFrame.from_ndarray((np.full((720, 64), 7, np.uint8), palette), format="pal8")
    seen, players, told = shown(frame)
    assert seen.tolist() == list(RED)
    assert np.abs(players - RED).max() <= 2
    assert told == Colour(1, 13, 1)


@pytest.mark.parametrize("colour", [RED, BLUE])
@pytest.mark.parametrize("name", YUV)
def test_formats_with_planes(name: str, colour) -> None:
    seen, players, told = shown(VideoReformatter().reformat(flat(colour), format=name))
    assert np.abs(seen - colour).max() <= 4
    assert np.abs(players - seen).max() <= 4
    assert told.matrix == 2


@pytest.mark.parametrize("name", ["gray", "gray10le", "ya8", "monob", "monow", "gray16be"])
def test_formats_without_colours(name: str) -> None:
    seen, players, _ = shown(VideoReformatter().reformat(flat(WHITE), format=name))
    assert seen.min() >= 253
    assert players.min() >= 253


def test_rgb_that_says_what_it_is_keeps_its_tags() -> None:
    frame = VideoReformatter().reformat(flat(RED), format="gbrp10le")
    frame.color_primaries, frame.color_trc = 9, 16
    _, players, told = shown(frame)
    assert (told.primaries, told.transfer, told.matrix) == (9, 16, 9)
    assert np.abs(players - RED).max() <= 3


def ycgco(colour: tuple[int, int, int]) -> av.VideoFrame:
    r, g, b = colour
    y, cg, co = r / 4 + g / 2 + b / 4, g / 2 - r / 4 - b / 4, (r - b) / 2
    planes = np.empty((3, 64, 64), np.uint8)
    planes[:] = np.round([16 + y * 219 / 255, 128 + cg * 224 / 255, 128 + co * 224 / 255])[
        :, None, None
    ]
    frame = av.VideoFrame.from_ndarray(planes, "yuv444p")
    frame.colorspace = 8
    return frame


@pytest.mark.parametrize("colour", [RED, BLUE, WHITE, (10, 200, 90)])
def test_ycgco(colour) -> None:
    frame = ycgco(colour)
    seen, players, told = shown(frame)
    assert np.abs(seen - colour).max() <= 3
    assert np.abs(players - seen).max() <= 3
    assert told == Colour(2, 2, 6)
    assert warning_about(frame) is None
    assert frame.colorspace == 8


@pytest.mark.parametrize(
    ("code", "matrix", "words"),
    [
        (3, 2, "BT.601"),
        (10, 9, "BT.2020"),
        (11, 1, "BT.709"),
        (13, 1, "BT.709"),
        (14, 9, "BT.2020"),
        (15, 9, "BT.2020"),
        (77, 2, "BT.601"),
    ],
)
def test_a_matrix_that_is_not_known_is_read_as_the_nearest_and_said(
    code: int, matrix: int, words: str
) -> None:
    frame = VideoReformatter().reformat(flat(RED), format="yuv420p", dst_colorspace=matrix)
    frame.colorspace = code
    seen, players, told = shown(frame)
    assert np.abs(seen - players).max() <= 3
    assert (told.matrix, told.declared) == (matrix, code)
    assert words in (warning_about(frame) or "")
    assert f"code {code}" in (warning_about(frame) or "")


@pytest.mark.parametrize(("primaries", "matrix"), [(1, 1), (2, 1), (6, 7), (9, 9), (12, 1)])
def test_a_matrix_that_follows_from_the_primaries(primaries: int, matrix: int) -> None:
    frame = VideoReformatter().reformat(flat(RED), format="yuv420p")
    frame.colorspace, frame.color_primaries = 12, primaries
    assert colour_of(frame, 64).matrix == matrix
    assert warning_about(frame) is None


@pytest.mark.parametrize("code", [8, 10, 14])
def test_a_video_of_such_a_matrix_is_read_and_written(tmp_path: Path, code: int) -> None:
    path = tmp_path / "odd.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = code
        for number in range(3):
            frame = flat(RED).reformat(format="yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert "matrix" in (preflight(path).objection or "")
    source, _ = open_source(path, planes=True)
    with source:
        frames = list(source)
    written = tmp_path / "out.mp4"
    media.write_frames(written, source.info, frames)
    assert len(frames) == 3
    assert len(source.warnings) == (code != 8)
    with av.open(str(written)) as container:
        tag = next(container.decode(video=0)).colorspace
    assert tag == (6 if code == 8 else code)


def test_pixels_that_nothing_converts_are_an_error_that_names_the_file() -> None:
    frame = av.VideoFrame(64, 64, "bgr4")
    with pytest.raises(
        DecodeError, match=r"made-here\.mp4: its pixels \(bgr4\) cannot be converted"
    ) as caught:
        shown(frame)
    assert "ffmpeg" in caught.value.hint


@pytest.mark.parametrize("planes", [True, False])
def test_frames_that_change_their_format_keep_the_reported_colour(planes: bool) -> None:
    first = VideoReformatter().reformat(flat(RED), format="yuv420p", dst_colorspace=5)
    facts = media.info(width=64, height=64, colour=colour_of(first, 64))
    convert = FrameConverter(first, facts, planes=planes)
    others = [
        VideoReformatter().reformat(flat(RED), format="yuv420p", dst_colorspace=1),
        VideoReformatter().reformat(flat(RED), format="yuv444p10le", dst_colorspace=9),
        VideoReformatter().reformat(flat(RED), format="gbrp"),
        ycgco(RED),
    ]
    true = [int(plane[8, 8]) for plane in convert(0, 0, first).yuv or ()]
    for number, frame in enumerate(others, 1):
        made = convert(number, number, frame)
        assert np.abs(made.rgb[8, 8].astype(int) - RED).max() <= 3
        stored = [int(plane[8, 8]) for plane in made.yuv or ()]
        assert not stored or np.abs(np.subtract(stored, true)).max() <= 2
        assert bool(stored) or not planes
