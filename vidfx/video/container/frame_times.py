"""Presentation times of frames (PTS), from what a container and a decoder give."""

from __future__ import annotations

from collections import deque

import av
from av.video.stream import VideoStream

from vidfx.video.container.demuxer import Demuxer


class PtsFromDts:
    """PTS for a format that stores DTS only (AVI).

    The frame that a decoder returns when it is fed the k-th packet is shown at the DTS of that
    packet, minus the decoder's reordering delay.
    """

    def __init__(self, *, delay: int, step: int) -> None:
        """``delay`` in frames, ``step`` in ticks a frame."""
        self._delay, self._step, self._left = delay, step, delay
        self._last: int | None = None
        self._ready: deque[int] = deque()

    @classmethod
    def of(cls, demuxer: Demuxer[VideoStream]) -> PtsFromDts | None:
        """None for a format that stores PTS."""
        if not demuxer.stores_dts_only:
            return None
        stream = demuxer.stream
        rate, time_base = stream.average_rate, stream.time_base
        step = round(1 / (rate * time_base)) if rate and time_base else 1
        return cls(delay=int(stream.codec_context.has_b_frames), step=max(1, step))

    def feed(self, dts: int | None) -> int | None:
        """Take the DTS of the next packet; returns the PTS that it makes known."""
        if dts is None:
            return None
        self._last = dts
        if self._left:
            self._left -= 1
            return None
        self._ready.append(dts - self._delay * self._step)
        return self._ready[-1]

    def flush(self) -> list[int]:
        """The PTS of the frames that are delayed still, after the last packet."""
        last, delayed = self._last, self._delay - self._left
        if last is None:
            return []
        times = [last + (i - self._delay) * self._step for i in range(1, self._delay + 1)]
        self._ready.extend(times[:delayed])
        return times[:delayed]

    def all(self, dts: list[int]) -> list[int]:
        """The PTS of all frames, from the DTS of all packets."""
        times = [time for time in map(self.feed, dts) if time is not None]
        return times + self.flush()

    def next(self) -> int | None:
        """The PTS of the next frame that is shown."""
        return self._ready.popleft() if self._ready else None


class MonotonicPts:
    """Makes the PTS of frames strictly rising, whatever the file says. No frame is left out."""

    def __init__(self, *, start: int, step: int, second: int) -> None:
        """In ticks: the first PTS where none is known, a frame's nominal duration, a second."""
        self.untimed = 0
        "frames that got a PTS from the frame rate"
        self.late = 0
        "frames that came with the PTS of an earlier one"
        self._start, self._step, self._second = start, step, second
        self._last: int | None = None
        self._last_duration = step
        self._faulty_pts = self._faulty_dts = 0
        self._last_pts: int | None = None
        self._last_dts: int | None = None

    def best_effort(self, frame: av.VideoFrame) -> int | None:
        """PTS, or DTS where there is no PTS or DTS were out of order less often, as in ffmpeg."""
        pts, dts = frame.pts, frame.dts
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        if pts is not None and (dts is None or self._faulty_pts <= self._faulty_dts):
            return pts
        return dts

    def next(self, time: int | None, duration: int) -> int:
        """A PTS after that of the frame before, as near to ``time`` as possible.

        ``duration`` is that of this frame in ticks, 0 where it is unknown.
        """
        last = self._last
        if time is None:
            self.untimed += 1
            time = self._start if last is None else last + self._last_duration
        elif last is not None and time <= last:
            self.late += 1
            # far behind: all timestamps are wrong; near: this one is
            time = last + (self._step if last - time > self._second else 1)
        self._last = time
        # fields may be repeated, for films at 30 frames a second; longer is not plausible
        is_plausible = self._step <= duration <= 2 * self._step
        self._last_duration = duration if is_plausible else self._step
        return time
