"""Reads a video with PyAV: anything that FFmpeg decodes, and on after damage."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av

from vidfx.types import Frame
from vidfx.video.container.frame_times import MonotonicPts
from vidfx.video.container.scan import scan
from vidfx.video.container.segment import KeyFrame
from vidfx.video.read import colours
from vidfx.video.read.decoder import VideoDecoder
from vidfx.video.read.facts import describe, shortfall
from vidfx.video.read.frame_fitter import FrameFitter
from vidfx.video.read.frame_rate import assumption
from vidfx.video.read.frame_source import FrameSource
from vidfx.video.read.shape import Shapes


class PyAVSource(FrameSource):
    """Frames of one video file.

    Raises NotMediaError where not one frame can be decoded. Frames that are damaged later are left
    out, with a warning.
    """

    name = "pyav"

    def __init__(
        self,
        path: Path,
        *,
        planes: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        key_frame: KeyFrame | None = None,
    ) -> None:
        """``key_frame`` is where to begin decoding for ``start_s``; without it, it is searched."""
        super().__init__(start_s=start_s, end_s=end_s)
        self._path, self._key_frame = path, key_frame
        self._decoder = VideoDecoder(path)
        demuxer, first = self._decoder.demuxer, self._decoder.first
        self._shapes = Shapes(demuxer, first)
        self.info = describe(demuxer, first, self._shapes.first)
        if self._decoder.has_fields and first.duration:
            # the container's frame count and rate are those of fields
            rate = 1 / (2 * first.duration * self.info.time_base)
            self.info = replace(self.info, n_frames=None, frame_rate=rate)
        doubts = (
            assumption(demuxer, self.info.frame_rate),
            colours.warning_about(first),
            self._shapes.doubt,
        )
        self.warnings.extend(doubt for doubt in doubts if doubt)
        self._is_raw = demuxer.is_raw
        self._fitter = FrameFitter(self._shapes.first, first, self.info, planes=planes)
        self._step = max(1, round(1 / (self.info.frame_rate * self.info.time_base)))
        "nominal duration of a frame, in ticks"
        self._damaged = 0

    def close(self) -> None:
        self._decoder.close()

    def __iter__(self) -> Iterator[Frame]:
        if self._key_frame is not None:
            if self._key_frame.index:
                self._seek(self._key_frame.pts, self._key_frame.pts, self._key_frame.index)
        elif self.start_s is not None:
            self._search(self.start_s)
        second = round(1 / self.info.time_base)
        monotonic = MonotonicPts(start=self.info.start_pts, step=self._step, second=second)
        count, index, pts, duration = 0, -1, self.info.start_pts, 0
        try:
            for picture in self._decoder.frames:
                self._damaged += picture.is_corrupt
                duration = self._duration(picture)
                pts = monotonic.next(self._pts(picture, monotonic), duration)
                index = max(self._decoder.index_of(pts), index + 1)
                count += 1
                pixel = self._decoder.demuxer.stream.codec_context.sample_aspect_ratio
                shape = self._shapes.of(picture, pixel)
                if self.is_before_start(pts):
                    continue
                if self.is_past_end(pts):
                    break
                yield self._fitter(index, pts, picture, shape, duration or None)
            else:
                self._report_shortfall(count, pts, duration)
        finally:
            self._report_losses(monotonic)

    def _search(self, start_s: float) -> None:
        """Seek to the key frame before ``start_s``; not where timestamps are unreliable."""
        scanned = scan(self._path)
        if scanned.fault or scanned.stores_dts_only:
            return
        index = bisect_left(scanned.pts, start_s, key=self.info.seconds)
        index = min(index, len(scanned.pts) - 1)
        pts = scanned.pts[index]
        key = bisect_right(scanned.keyframes, pts) - 1
        if key > 0:
            self._seek(scanned.keyframes[key], pts, index)

    def _seek(self, key_pts: int, pts: int, index: int) -> None:
        """Continue with frame ``index`` at ``pts``; where that fails, begin again."""
        self._shapes.after_seek()
        if not self._decoder.seek(key_pts, pts, index):
            self._decoder.close()
            self._decoder = VideoDecoder(self._path)

    def _pts(self, picture: av.VideoFrame, monotonic: MonotonicPts) -> int | None:
        if self._is_raw:
            return None
        order = self._decoder.pts_from_dts
        return monotonic.best_effort(picture) if order is None else order.next()

    def _duration(self, picture: av.VideoFrame) -> int:
        """In ticks, 0 where it is unknown; that of a field is half of its frame's."""
        duration = picture.duration or 0
        return (
            min(2 * duration, max(duration, self._step)) if self._decoder.has_fields else duration
        )

    def _report_shortfall(self, count: int, last_pts: int, duration: int) -> None:
        is_whole = self.start_s is None and self.end_s is None
        # what a container claims is wrong where timestamps are discontinuous
        if is_whole and not self._decoder.timeline.discontinuities:
            missing = shortfall(self.info, count + self._decoder.hidden, last_pts, duration)
            self.warnings.extend([missing] if missing else [])

    def _report_losses(self, monotonic: MonotonicPts) -> None:
        decoder = self._decoder
        untimed = 0 if self._is_raw else monotonic.untimed
        for number, what in (
            (decoder.undecodable, f"of its packets could not be decoded ({decoder.last_error})"),
            (self._damaged, "of its frames are marked as damaged"),
            (untimed, "of its frames had no timestamp and got one from the frame rate"),
            (
                monotonic.late,
                "of its frames came with an earlier frame's time and were put behind it",
            ),
            (
                decoder.timeline.discontinuities,
                "jump(s) in its timestamps were closed, for picture and sound alike",
            ),
            (
                self._fitter.fitted,
                "of its frames had another size or shape than the first and were fitted into it",
            ),
        ):
            if number:
                self.warnings.append(f"{number} {what}")
