"""Reads an animated WebP as a video, once from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from vidfx.errors import NotMediaError
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.formats import MEDIA_HINT
from vidfx.video.read.colours import rgb_colour
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.pixels import RgbToI420
from vidfx.video.read.webp import animation_of, frames_of


class AnimationSource(FrameSource):
    """Frames of an animated WebP; those that cannot be decoded are left out, with a warning.

    Raises NotMediaError where not one can be decoded.
    """

    name = "images"

    def __init__(
        self,
        path: Path,
        *,
        planes: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        super().__init__(start_s=start_s, end_s=end_s)
        self._path, self._planes = path, planes
        try:
            self._animation = animation = animation_of(path)
            if all(frame is None for frame in frames_of(path, animation)):
                raise NotMediaError(f"{path}: no picture in it can be decoded", hint=MEDIA_HINT)
        except (ValueError, OSError) as error:
            raise NotMediaError(f"{path}: cannot be read: {error}", hint=MEDIA_HINT) from error
        n_frames = len(animation.pictures)
        self.info = VideoInfo(
            path=path,
            width=animation.width,
            height=animation.height,
            time_base=Fraction(1, 1000),
            start_pts=0,
            frame_rate=Fraction(1000 * n_frames, animation.duration_ms),
            n_frames=n_frames,
            duration_s=animation.duration_ms / 1000,
            rotation=0,
            codec="webp",
            pixel_format="rgb24",
            has_audio=False,
            colour=rgb_colour(animation.height),
        )

    def __iter__(self) -> Iterator[Frame]:
        to_i420 = RgbToI420(self.info.colour)
        durations = [picture.duration_ms for picture in self._animation.pictures]
        times = accumulate(durations, initial=0)
        pictures = frames_of(self._path, self._animation)
        undecodable = 0
        for index, (pts, rgb) in enumerate(zip(times, pictures, strict=False)):
            if self.is_past_end(pts):
                break
            if self.is_before_start(pts):
                continue
            if rgb is None:
                undecodable += 1
                continue
            planes = to_i420(rgb) if self._planes else None
            yield Frame(index, pts, rgb, planes, duration=durations[index])
        if undecodable:
            self.warnings.append(
                f"{undecodable} of its pictures could not be decoded and were left out"
            )
