"""The clips that every reader reads, and what all tests of readers do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.conformance.synthetic import Clip
from vidfx.errors import UsageError
from vidfx.types import Frame
from vidfx.video.read.source import Reader, open_source

TENTHS = [i * 40 for i in range(48)]
STEPS = np.random.default_rng(5).choice([17, 33, 40, 90], 47)
VARIABLE = [0, *(int(t) for t in np.cumsum(STEPS))]
FRAME_TICKS = {"pts": list(range(48)), "time_base": Fraction(1, 25)}

CLIPS = {
    "cfr.mp4": Clip(),
    "sound.mp4": Clip(sound=True),
    "vfr.mp4": Clip(pts=VARIABLE),
    "vfr.mkv": Clip(pts=VARIABLE),
    "late.mp4": Clip(pts=[5000 + t for t in TENTHS]),
    "edit-list.mp4": Clip(hidden=5),
    "fragmented.mp4": Clip(mux={"movflags": "frag_keyframe+empty_moov"}),
    "open-gop.mp4": Clip(options={"x264-params": "open-gop=1:bframes=3:keyint=12"}),
    "intra-refresh.mp4": Clip(options={"x264-params": "intra-refresh=1:bframes=0:keyint=12"}),
    "b-frames.avi": Clip(**FRAME_TICKS),
    "mpeg4.avi": Clip(codec="mpeg4", options={"bf": "2"}, **FRAME_TICKS),
    "mpeg2.mpg": Clip(codec="mpeg2video", options={"bf": "2"}, **FRAME_TICKS),
    "transport.ts": Clip(),
    "flash.flv": Clip(),
    "windows.wmv": Clip(codec="wmv2"),
    "vp8.webm": Clip(codec="libvpx"),
    "vp9.webm": Clip(codec="libvpx-vp9"),
    "hevc.mp4": Clip(codec="libx265"),
    "ten-bit.mp4": Clip(pix_fmt="yuv420p10le"),
    "444.mp4": Clip(pix_fmt="yuv444p"),
    "odd.mkv": Clip(codec="ffv1", width=193, height=113),
    "rgb.mkv": Clip(codec="libx264rgb", pix_fmt="rgb24"),
    "bottom-up.avi": Clip(codec="rawvideo", pix_fmt="bgr24", **FRAME_TICKS),
    "bt709.mp4": Clip(colour=(1, 1)),
    "bt601-full.mp4": Clip(pix_fmt="yuvj420p", colour=(5, 2)),
    "bt709-full.mp4": Clip(pix_fmt="yuvj420p", colour=(1, 2)),
    "grey.mkv": Clip(codec="ffv1", pix_fmt="gray"),
}
TURNED = {
    "turned-90.mp4": Clip(rotation=90),
    "turned-180.mp4": Clip(rotation=180),
    "turned-270.mp4": Clip(rotation=270),
    "turned-odd.mkv": Clip(codec="ffv1", width=193, height=113),
    "mirrored.mp4": Clip(mirrored=True),
    "mirrored-90.mp4": Clip(mirrored=True, rotation=90),
}
NOT_FOR_DECORD = {
    "edit-list.mp4": "edit list",
    "transport.ts": "mpegts",
    "mpeg2.mpg": "mpeg",
    "flash.flv": "flv",
    "windows.wmv": "asf",
    "hevc.mp4": "HEVC",
    "mirrored.mp4": "mirrored",
    "mirrored-90.mp4": "mirrored",
}
READERS: tuple[Reader, ...] = ("pyav", "decord")


def read(path: Path, reader: Reader, **window) -> list[Frame]:
    source, _ = open_source(path, reader, **({"planes": False} | window))
    with source:
        return list(source)


def expected_error(name: str, reader: Reader) -> str | None:
    return NOT_FOR_DECORD.get(name) if reader == "decord" else None


def assert_refused(path: Path, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        open_source(path, "decord", planes=False)
    assert str(caught.value).startswith(str(path))
    assert "--reader pyav" in caught.value.hint
