"""Reads an animated WebP as a video, once from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Self

from vidfx.errors import NotMediaError
from vidfx.types import Frame, VideoInfo
from vidfx.video.container.container import HINT, no_picture
from vidfx.video.read.colours import rgb_colour
from vidfx.video.read.pixels import RgbToI420
from vidfx.video.read.webp import animation_of, frames_of


class AnimationSource:
    """See vidfx.video.read.source.FrameSource; what cannot be decoded is left out and told."""

    name = "images"

    def __init__(
        self,
        path: Path,
        *,
        planes: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._path, self._planes, self._start_s, self._end_s = path, planes, start_s, end_s
        try:
            self._animation = animation = animation_of(path)
            if all(frame is None for frame in frames_of(path, animation)):
                raise no_picture(path, "")
        except (ValueError, OSError) as error:
            raise NotMediaError(f"{path}: cannot be read: {error}", hint=HINT) from error
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open between frames."""

    def __iter__(self) -> Iterator[Frame]:
        to_i420 = RgbToI420(self.info.colour)
        durations = (picture.duration_ms for picture in self._animation.pictures)
        times = accumulate(durations, initial=0)
        pictures = frames_of(self._path, self._animation)
        lost = 0
        for index, (pts, rgb) in enumerate(zip(times, pictures, strict=False)):
            seconds = self.info.seconds(pts)
            if self._end_s is not None and seconds >= self._end_s:
                break
            if self._start_s is not None and seconds < self._start_s:
                continue
            if rgb is None:
                lost += 1
                continue
            duration = self._animation.pictures[index].duration_ms
            planes = to_i420(rgb) if self._planes else None
            yield Frame(index, pts, rgb, planes, duration=duration)
        if lost:
            self.warnings.append(f"{lost} of its pictures could not be decoded and were left out")
