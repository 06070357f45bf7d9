"""What is known of pictures that are in memory as RGB."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vidfx.types import VideoInfo
from vidfx.video.read.colours import rgb_colour


def rgb_info(
    path: Path, width: int, height: int, *, rate: Fraction = Fraction(1), n_frames: int | None = 1
) -> VideoInfo:
    """Of ``n_frames`` frames of this size, ``rate`` a second; their pts is their number."""
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        time_base=1 / rate,
        start_pts=0,
        frame_rate=rate,
        n_frames=n_frames,
        duration_s=None,
        rotation=0,
        codec="picture",
        pixel_format="rgb24",
        has_audio=False,
        colour=rgb_colour(height),
    )
