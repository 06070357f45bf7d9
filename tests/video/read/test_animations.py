"""Animated and multi-page pictures: animated WebP and PNG, pages of a TIFF."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vidfx.errors import NotMediaError
from vidfx.video.container.cutting import split_at_key_frames
from vidfx.video.container.kinds import kind_of
from vidfx.video.read.source import open_source
from vidfx.video.read.webp import animation_of, frames_of

HIGH, WIDE, COUNT = 48, 80, 6


def drawings() -> list[np.ndarray]:
    """(H, W, 4) uint8 BGRA: a half transparent box that moves."""
    made: list[np.ndarray] = []
    for number in range(COUNT):
        picture = np.zeros((HIGH, WIDE, 4), np.uint8)
        picture[10:30, 8 * number : 8 * number + 20] = (200, 30 * number, 90, 255 - 40 * number)
        made.append(picture)
    return made


def write_animation(path: Path, durations: list[int]) -> Path:
    animation = cv2.Animation()
    animation.frames = drawings()
    animation.durations = np.array(durations)
    assert cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, 101])
    return path


def read(path: Path, **window) -> tuple[list, list[str], object]:
    source, _ = open_source(path, **({"planes": True} | window))
    with source:
        return list(source), source.warnings, source.info


@pytest.mark.parametrize("name", ["sticker.webp", "sticker.mp4"])
def test_an_animated_webp_is_a_video(tmp_path: Path, name: str) -> None:
    written = write_animation(tmp_path / "a.webp", [40, 80, 120, 200, 60, 100])
    path = written.rename(tmp_path / name)
    frames, warnings, info = read(path)
    assert [info.seconds(f.pts) for f in frames] == [0, 0.04, 0.12, 0.24, 0.44, 0.5]
    assert info.duration_s == 0.6
    assert frames[-1].duration == 100
    assert warnings == []
    for frame, bgra in zip(frames, drawings(), strict=True):
        over_black = bgra[..., 2::-1].astype(int) * bgra[..., 3:] // 255
        assert np.abs(frame.rgb.astype(int) - over_black).max() <= 2
        assert frame.planes is not None and frame.planes.shape == (HIGH * 3 // 2, WIDE)
    part, *_ = read(path, start_s=0.1, end_s=0.45)
    assert [f.index for f in part] == [2, 3, 4]
    assert split_at_key_frames(info, 4, None, None, 0)[0] == []


def test_it_is_what_the_library_of_the_format_shows(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "a.webp", [50] * COUNT)
    known, animation = cv2.imreadanimation(str(path))
    assert known
    mine = list(frames_of(path, animation_of(path)))
    for frame, shown in zip(mine, animation.frames, strict=True):
        true = np.asarray(shown)
        alpha = true[..., 3:] if true.shape[2] == 4 else np.full((HIGH, WIDE, 1), 255)
        assert np.abs(frame.astype(int) - true[..., 2::-1].astype(int) * alpha // 255).max() <= 1


def test_times_that_browsers_replace(tmp_path: Path) -> None:
    frames, _, info = read(write_animation(tmp_path / "a.webp", [0, 5, 10, 11, 50, 0]))
    assert [f.pts for f in frames] == [0, 100, 200, 300, 311, 361]
    assert info.duration_s == pytest.approx(0.461)


def test_a_damaged_animation_costs_its_damage(tmp_path: Path) -> None:
    path = write_animation(tmp_path / "a.webp", [50] * COUNT)
    data = path.read_bytes()
    third = animation_of(path).pictures[2]
    spoilt = bytearray(data)
    spoilt[third.offset : third.offset + third.size] = b"\xff" * third.size
    path.write_bytes(spoilt)
    frames, warnings, _ = read(path)
    assert [f.index for f in frames] == [0, 1, 3, 4, 5]
    assert warnings == ["1 of its pictures could not be decoded and were left out"]
    path.write_bytes(data[:40])
    with pytest.raises(NotMediaError, match=r"a\.webp: cannot be read"):
        read(path)


def test_a_still_webp_stays_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    cv2.imwrite(str(path), drawings()[2])
    assert kind_of(path) == "pictures"
    assert len(read(path)[0]) == 1


@pytest.mark.parametrize("name", ["a.png", "a.apng"])
def test_an_animated_png_is_a_video(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w", format="apng") as out:
        stream = out.add_stream("apng", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "rgb24"
        for number, bgra in enumerate(drawings()):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgra[..., 2::-1]), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    frames, warnings, info = read(path)
    assert [round(info.seconds(f.pts), 3) for f in frames] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert warnings == []
    for frame, bgra in zip(frames, drawings(), strict=True):
        assert np.array_equal(frame.rgb, bgra[..., 2::-1])


def test_further_pictures_of_a_file_are_reported(tmp_path: Path) -> None:
    pages = [picture[..., :3].copy() for picture in drawings()]
    path = tmp_path / "scan.tiff"
    cv2.imwritemulti(str(path), pages)
    frames, warnings, _ = read(path)
    assert len(frames) == 1
    assert "1 of the pictures had more pages" in warnings[0]
    cv2.imwrite(str(path), pages[0])
    assert read(path)[1] == []
    folder = tmp_path / "folder"
    folder.mkdir()
    write_animation(folder / "1.webp", [50] * COUNT)
    cv2.imwrite(str(folder / "2.png"), pages[1])
    frames, warnings, _ = read(folder)
    assert len(frames) == 2
    assert "1 of the pictures had more pages or frames" in warnings[0]
