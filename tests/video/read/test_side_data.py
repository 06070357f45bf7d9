"""Frames with side data that PyAV has no name for, and with an orientation of their own."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vidfx.video.read.preflight import preflight
from vidfx.video.read.pyav_source import PyAVSource

HIGH, WIDE = 64, 96


def picture() -> np.ndarray:
    """(H, W, 3), of other colours in each corner."""
    bgr = np.zeros((HIGH, WIDE, 3), np.uint8)
    for number, colour in enumerate([(0, 0, 220), (0, 220, 0), (220, 0, 0), (220, 220, 220)]):
        top, left = number // 2 * HIGH // 2, number % 2 * WIDE // 2
        bgr[top : top + HIGH // 2, left : left + WIDE // 2] = colour
    return bgr


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    entry = struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + b"\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def camera(path: Path, orientation: int, frames: int = 5) -> tuple[Path, np.ndarray]:
    """A motion JPEG of a still camera; and its picture as it is to be seen, RGB."""
    jpeg = with_exif(cv2.imencode(".jpg", picture())[1].tobytes(), orientation)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuvj420p"
        for number in range(frames):
            packet = av.Packet(jpeg)
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base, packet.is_keyframe = Fraction(1, 25), True
            out.mux(packet)
    return path, cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_that_notes_how_it_was_held(tmp_path: Path, orientation: int) -> None:
    path, upright = camera(tmp_path / "lapse.avi", orientation)
    with PyAVSource(path, planes=True) as source:
        frames = list(source)
    assert len(frames) == 5
    assert source.warnings == []
    assert frames[0].rgb.shape == upright.shape
    assert np.abs(frames[0].rgb.astype(int) - upright).mean() < 6
    objection = preflight(path).objection
    assert (objection is None) == (orientation == 1)


def test_pictures_one_after_the_other_without_a_container(tmp_path: Path) -> None:
    jpeg = with_exif(cv2.imencode(".jpg", picture())[1].tobytes(), 1)
    path = tmp_path / "dump.mjpeg"
    path.write_bytes(jpeg * 7)
    with PyAVSource(path) as source:
        assert len(list(source)) == 7
