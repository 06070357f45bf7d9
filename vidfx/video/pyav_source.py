"""Reads a video with PyAV: anything that FFmpeg knows, and on past what is damaged."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path
from typing import Self

import av
from av.error import FFmpegError

from vidfx.types import Frame
from vidfx.video import colours
from vidfx.video.container import decode, keeps_order_only, no_picture, open_container, packets
from vidfx.video.facts import describe, shortfall
from vidfx.video.frame_converter import FrameConverter
from vidfx.video.scan import scan
from vidfx.video.segment import Entry


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
        entry: Entry | None = None,
    ) -> None:
        """``entry`` says where ``start_s`` is found, so that nobody has to search for it."""
        self.warnings: list[str] = []
        self._path, self._start_s, self._end_s, self._entry = path, start_s, end_s, entry
        first = self._open()
        self.info = describe(path, self._container, self._stream, first)
        if doubt := colours.doubt(first):
            self.warnings.append(doubt)
        self._convert = FrameConverter(first, self.info, planes=planes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        whole = self._start_s is None and self._end_s is None
        if self._entry is not None:
            if self._entry.index:
                self._enter(self._entry.pts, self._entry.pts, self._entry.index)
        elif self._start_s is not None:
            self._seek(self._start_s)
        count, index, pts = 0, -1, self.info.start_pts
        try:
            for pts, frame in self._timed():
                index = max(self._shown_before(pts), index + 1)
                count += 1
                seconds = self.info.seconds(pts)
                if self._start_s is not None and seconds < self._start_s:
                    continue
                if self._end_s is not None and seconds >= self._end_s:
                    break
                yield self._convert(index, pts, frame)
            else:
                missing = shortfall(self.info, count + self._hidden, pts) if whole else None
                if missing:
                    self.warnings.append(missing)
        finally:
            self._report_losses()

    def _open(self) -> av.VideoFrame:
        """Begin at the beginning; gives the first frame, which stays the next to be read too."""
        self._container, self._stream = open_container(self._path)
        self._stream.thread_type = "AUTO"
        self._times: deque[int | None] | None = (
            deque() if keeps_order_only(self._container) else None
        )
        # timestamps of packets whose frames are still to come, a heap; and how many are past
        self._awaited: list[int] = []
        self._passed = 0
        self._last_error = ""
        self._undecodable = self._damaged = self._hidden = self._untimed = self._disordered = 0
        decoded = self._decoded(packets(self._container, self._stream))
        first = next(decoded, None)
        if first is None:
            self.close()
            raise no_picture(self._path, self._last_error)
        self._frames = chain([first], decoded)
        return first

    def _seek(self, start_s: float) -> None:
        """Go to the key frame before the start; stay where timestamps cannot be trusted."""
        scanned = scan(self._path)
        if scanned.fault or self._times is not None:
            return
        first = bisect_left(scanned.pts, start_s, key=self.info.seconds)
        first = min(first, len(scanned.pts) - 1)
        wanted = scanned.pts[first]
        key = bisect_right(scanned.keyframes, wanted) - 1
        if key > 0:
            self._enter(scanned.keyframes[key], wanted, first)

    def _enter(self, key_pts: int, wanted: int, index: int) -> None:
        """Go on with frame ``index``, whose pts is ``wanted``; failing that, begin anew."""
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
            time = packet.pts if self._times is None else packet.dts
            if packet.is_discard:
                self._hidden += 1
            elif time is not None:
                heappush(self._awaited, time)
            yield from self._decode(packet)
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
        if self._times is not None and packet is not None:
            self._times.append(packet.dts)
        return frames

    def _timed(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frames whose pts rise; one without a pts follows the last by a nominal duration."""
        step = max(1, round(1 / (self.info.frame_rate * self.info.time_base)))
        last: int | None = None
        for frame in self._frames:
            if self._times is None:
                pts = frame.pts
            else:
                pts = self._times.popleft() if self._times else None
            if pts is None:
                pts = self.info.start_pts if last is None else last + step
                self._untimed += 1
            if last is not None and pts <= last:
                self._disordered += 1
                continue
            self._damaged += frame.is_corrupt
            last = pts
            yield pts, frame

    def _report_losses(self) -> None:
        for number, what in (
            (self._undecodable, f"of its packets could not be decoded ({self._last_error})"),
            (self._damaged, "of its frames are marked as damaged"),
            (self._untimed, "of its frames had no timestamp and got one from the frame rate"),
            (self._disordered, "of its frames did not come after the one before and were left out"),
            (
                self._convert.resized,
                "of its frames had another size and were scaled to the first one's",
            ),
        ):
            if number:
                self.warnings.append(f"{number} {what}")
