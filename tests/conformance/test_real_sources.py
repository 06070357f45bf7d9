"""Recordings of VIDFX_TEST_DATA: each reader gives what FFmpeg's decoder gives."""

from __future__ import annotations

import os
from itertools import islice, pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.conformance.readers import READERS, read
from vidfx.errors import NotMediaError, UsageError
from vidfx.video.read.preflight import preflight
from vidfx.video.read.source import open_source


def real_media() -> list[Path]:
    folder = os.environ.get("VIDFX_TEST_DATA")
    if not folder:
        return []
    found = [*Path(folder, "oddmedia").glob("*.*"), *Path(folder, "clips").glob("*.*")]
    return sorted(found, key=lambda p: p.name)


@pytest.mark.skipif(not real_media(), reason="VIDFX_TEST_DATA is not set")
@pytest.mark.parametrize("path", real_media(), ids=lambda p: p.name)
def test_real_media(path: Path):
    count = 20 if path.stat().st_size > 400_000 else 400
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        packets = [p for p in container.demux(stream) if p.size]
        shown = sorted(p.pts for p in packets if not p.is_discard)
    with av.open(str(path)) as container:
        decoded = islice(container.decode(container.streams.best("video")), count)
        wanted = [np.rot90(f.to_ndarray(format="rgb24"), f.rotation // 90) for f in decoded]
    objection = preflight(path).objection
    for reader in READERS:
        if reader == "decord" and objection:
            with pytest.raises(UsageError):
                open_source(path, reader, planes=False)
            continue
        source, _ = open_source(path, reader, planes=False)
        with source:
            frames = list(islice(source, count))
        assert source.warnings == []
        assert [f.index for f in frames] == list(range(len(wanted)))
        assert [f.pts for f in frames] == shown[: len(wanted)]
        # where chroma has to be interpolated, the two differ in how
        exact = source.info.pixel_format in ("yuv420p", "yuvj420p", "bgra")
        exact &= source.info.height % 2 == 0
        for frame, true in zip(frames, wanted, strict=True):
            assert frame.rgb.shape == true.shape
            difference = cv2.absdiff(frame.rgb[::2], np.ascontiguousarray(true[::2])).mean()
            assert difference == 0 if reader == "pyav" else difference < (0.01 if exact else 5)
    name = path.name
    if name in ("discard_first_keyframe.mp4", "pyfeat-face_noface.mov") or name.endswith(".mpg"):
        assert objection


@pytest.mark.parametrize(
    ("name", "count", "size"),
    [
        ("F02_exif.avi", 10, (160, 120)),
        ("F11_20frames.webp", 20, (96, 72)),
        ("F16_matrix8.mp4", 5, (320, 180)),
        ("F17_pal8.avi", 3, (1280, 720)),
        ("F18_camera.dav", 25, (176, 144)),
        ("F19_dump.mjpeg", 25, (160, 120)),
    ],
)
def test_kinds_that_were_not_read(name: str, count: int, size: tuple[int, int]):
    path = fault(name)
    source, _ = open_source(path, planes=True)
    with source:
        frames = list(source)
    assert (len(frames), (source.info.width, source.info.height)) == (count, size)
    assert all(frame.planes is not None for frame in frames)


def test_one_tile_is_not_taken_for_the_picture():
    with pytest.raises(NotMediaError, match="4 tiles") as caught:
        open_source(fault("F05_grid.heic"), planes=True)
    assert "heif-convert" in caught.value.hint


def fault(name: str) -> Path:
    path = Path(os.environ.get("VIDFX_TEST_DATA", ""), "faults", name)
    if not path.is_file():
        pytest.skip(f"VIDFX_TEST_DATA/faults/{name} is absent")
    return path


def test_the_counter_counts():
    folder = os.environ.get("VIDFX_TEST_DATA")
    path = Path(folder or "", "oddmedia", "counter.mp4")
    if not folder or not path.exists():
        pytest.skip("VIDFX_TEST_DATA/oddmedia/counter.mp4 is absent")
    for reader in READERS:
        frames = read(path, reader)
        assert len(frames) == 30
        for a, b in pairwise(frames):
            assert cv2.absdiff(a.rgb, b.rgb).max() > 100
