"""Reads a video with PyAV: anything that FFmpeg knows, and on past what is damaged."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path
from typing import Self

import av
from av.error import FFmpegError

from vidfx.types import Frame
from vidfx.video.container.container import (
    decode,
    has_no_times,
    no_picture,
    open_container,
    packets,
)
from vidfx.video.container.field_pictures import FieldPairs
from vidfx.video.container.frame_times import InOrder, Rising
from vidfx.video.container.scan import scan
from vidfx.video.container.segment import KeyFrame
from vidfx.video.container.timeline import Timeline
from vidfx.video.read import colours
from vidfx.video.read.canvas import Canvas
from vidfx.video.read.facts import assumed_rate, describe, shortfall
from vidfx.video.read.shape import Shapes


class PyAVSource:
    """Frames of one video file, read once, from ``start_s`` up to but without ``end_s``.

    Raises NotMediaError where not one frame can be decoded. What is damaged later is left out;
    ``warnings`` says so when the reading is over.
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
        """``key_frame`` says where ``start_s`` is found, so that nobody has to search for it."""
        self.warnings: list[str] = []
        self._path, self._start_s, self._end_s, self._key_frame = path, start_s, end_s, key_frame
        first = self._open()
        self._shapes = Shapes(self._container, self._stream, first)
        shape = self._shapes.first
        self.info = describe(path, self._container, self._stream, first, shape)
        if self._fields.count and first.duration:
            # what the container says is of fields
            rate = 1 / (2 * first.duration * self.info.time_base)
            self.info = replace(self.info, n_frames=None, frame_rate=rate)
        self._is_raw = has_no_times(self._container)
        for doubt in (
            assumed_rate(path, self.info, self._container, self._stream),
            colours.doubt(first),
            self._shapes.doubt,
        ):
            self.warnings.extend([doubt] if doubt else [])
        self._canvas = Canvas(shape, first, self.info, planes=planes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        whole = self._start_s is None and self._end_s is None
        if self._key_frame is not None:
            if self._key_frame.index:
                self._enter(self._key_frame.pts, self._key_frame.pts, self._key_frame.index)
        elif self._start_s is not None:
            self._seek(self._start_s)
        count, index, pts, duration = 0, -1, self.info.start_pts, None
        try:
            for pts, duration, frame in self._timed():
                index = max(self._shown_before(pts), index + 1)
                count += 1
                pixel = self._stream.codec_context.sample_aspect_ratio
                shape = self._shapes.of(frame, pixel)
                seconds = self.info.seconds(pts)
                if self._start_s is not None and seconds < self._start_s:
                    continue
                if self._end_s is not None and seconds >= self._end_s:
                    break
                yield replace(self._canvas(index, pts, frame, shape), duration=duration)
            else:
                # a clock that jumps makes no true claims
                told = whole and not self._timeline.jumps
                missing = None
                if told:
                    missing = shortfall(self.info, count + self._hidden, pts, duration or 0)
                if missing:
                    self.warnings.append(missing)
        finally:
            self._report_losses()

    def _open(self) -> av.VideoFrame:
        """Begin at the beginning; gives the first frame, which stays the next to be read too."""
        self._container, self._stream = open_container(self._path)
        self._stream.thread_type = "AUTO"
        self._order = InOrder.of(self._container, self._stream)
        self._fields = FieldPairs(self._stream)
        self._timeline = Timeline()
        # timestamps of packets whose frames are still to come, a heap; and how many are past
        self._awaited: list[int] = []
        self._passed = 0
        self._last_error = ""
        self._undecodable = self._damaged = self._hidden = 0
        decoded = self._decoded(packets(self._container, self._stream, timeline=self._timeline))
        first = next(decoded, None)
        if first is None:
            self.close()
            raise no_picture(self._path, self._last_error)
        self._frames = chain([first], decoded)
        return first

    def _seek(self, start_s: float) -> None:
        """Go to the key frame before the start; stay where timestamps cannot be trusted."""
        scanned = scan(self._path)
        if scanned.fault or self._order is not None:
            return
        first = bisect_left(scanned.pts, start_s, key=self.info.seconds)
        first = min(first, len(scanned.pts) - 1)
        wanted = scanned.pts[first]
        key = bisect_right(scanned.keyframes, wanted) - 1
        if key > 0:
            self._enter(scanned.keyframes[key], wanted, first)

    def _enter(self, key_pts: int, wanted: int, index: int) -> None:
        """Go on with frame ``index``, whose pts is ``wanted``; failing that, begin anew."""
        self._shapes.jumped()
        if self._seek_to(key_pts, wanted):
            self._shown_before(wanted)
            self._passed = index
        else:
            self.close()
            self._open()

    def _seek_to(self, key_pts: int, wanted: int) -> bool:
        """Whether the decoder gives the wanted frame next, after a key frame not later than it."""
        self._awaited.clear()
        self._container.seek(key_pts, stream=self._stream)
        after = packets(self._container, self._stream)
        packet = next(after, None)
        if not packet or not packet.is_keyframe or packet.pts is None or packet.pts > wanted:
            return False
        decoded = self._decoded(chain([packet], after))
        frame = next((f for f in decoded if f.pts is not None and f.pts >= wanted), None)
        if not frame or frame.pts != wanted:
            return False
        self._frames = chain([frame], decoded)
        return True

    def _decoded(self, source: Iterator[av.Packet[av.VideoStream]]) -> Iterator[av.VideoFrame]:
        for packet in source:
            if packet.is_discard:
                self._hidden += 1
            elif not self._fields.is_second(packet):
                time = packet.pts if self._order is None else self._order.feed(packet.dts)
                if time is not None:
                    heappush(self._awaited, time)
            yield from self._decode(packet)
        for time in self._order.end() if self._order else ():
            heappush(self._awaited, time)
        yield from self._decode(None)

    def _shown_before(self, pts: int) -> int:
        """How many of the file's frames come before, those that cannot be decoded included.

        So a frame has the same index wherever the reading began.
        """
        while self._awaited and self._awaited[0] < pts:
            heappop(self._awaited)
            self._passed += 1
        return self._passed

    def _decode(self, packet: av.Packet[av.VideoStream] | None) -> list[av.VideoFrame]:
        try:
            frames = decode(self._stream, packet)
        except FFmpegError as error:
            self._undecodable += 1
            self._last_error = error.strerror or type(error).__name__
            return []
        return frames

    def _timed(self) -> Iterator[tuple[int, int | None, av.VideoFrame]]:
        """Frames, their pts, which rise, and their durations where the container knows them."""
        info, order = self.info, self._order
        self._step = max(1, round(1 / (info.frame_rate * info.time_base)))
        second = round(1 / info.time_base)
        self._rising = Rising(start=info.start_pts, step=self._step, second=second)
        for frame in self._frames:
            if self._is_raw:
                time = None
            else:
                time = self._rising.best(frame) if order is None else order.next()
            self._damaged += frame.is_corrupt
            duration = self._duration(frame)
            yield self._rising.place(time, duration), duration or None, frame

    def _duration(self, frame: av.VideoFrame) -> int:
        """In ticks, 0 where it is not known; that of a field is half of its frame's."""
        duration = frame.duration or 0
        return min(2 * duration, max(duration, self._step)) if self._fields.count else duration

    def _report_losses(self) -> None:
        rising = self._rising
        untimed = 0 if self._is_raw else rising.untimed
        for number, what in (
            (self._undecodable, f"of its packets could not be decoded ({self._last_error})"),
            (self._damaged, "of its frames are marked as damaged"),
            (untimed, "of its frames had no timestamp and got one from the frame rate"),
            (rising.late, "of its frames came with an earlier frame's time and were put behind it"),
            (
                self._timeline.jumps,
                "jump(s) in its timestamps were closed, for picture and sound alike",
            ),
            (
                self._canvas.fitted,
                "of its frames had another size or shape than the first and were fitted into it",
            ),
        ):
            if number:
                self.warnings.append(f"{number} {what}")
