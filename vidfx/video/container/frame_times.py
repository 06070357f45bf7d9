"""When frames are shown, by what a container and a decoder say of it."""

from __future__ import annotations

from collections import deque

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidfx.video.container.container import keeps_order_only


class InOrder:
    """Presentation times of a format that stores none (AVI): decoding times, as they come.

    What the decoder gives when it is fed the k-th packet is shown at that packet's time, less the
    time that it keeps frames back to put them in order.
    """

    def __init__(self, *, delay: int, step: int) -> None:
        """``delay`` in frames, ``step`` in ticks a frame."""
        self._delay, self._step, self._left = delay, step, delay
        self._last: int | None = None
        self._ready: deque[int] = deque()

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream) -> InOrder | None:
        """None for a format that stores presentation times."""
        if not keeps_order_only(container):
            return None
        rate, time_base = stream.average_rate, stream.time_base
        step = round(1 / (rate * time_base)) if rate and time_base else 1
        return cls(delay=int(stream.codec_context.has_b_frames), step=max(1, step))

    def feed(self, dts: int | None) -> int | None:
        """A packet with one frame; gives the time that becomes known by it."""
        if dts is None:
            return None
        self._last = dts
        if self._left:
            self._left -= 1
            return None
        self._ready.append(dts - self._delay * self._step)
        return self._ready[-1]

    def end(self) -> list[int]:
        """No more packets; gives the times of the frames that are still kept back."""
        last, kept = self._last, self._delay - self._left
        if last is None:
            return []
        times = [last + (i - self._delay) * self._step for i in range(1, self._delay + 1)]
        self._ready.extend(times[:kept])
        return times[:kept]

    def of_all(self, dts: list[int]) -> list[int]:
        """The times of all frames, for the decoding times of all packets."""
        times = [time for time in map(self.feed, dts) if time is not None]
        return times + self.end()

    def next(self) -> int | None:
        """Of the next frame that is shown."""
        return self._ready.popleft() if self._ready else None


class Rising:
    """Makes times of frames rise, whatever the file says. Nothing is left out."""

    def __init__(self, *, start: int, step: int, second: int) -> None:
        """In ticks: the first time where none is known, a frame's nominal duration, a second."""
        self.untimed = 0
        "frames that got a time from the frame rate"
        self.late = 0
        "frames that came with the time of an earlier one"
        self._start, self._step, self._second = start, step, second
        self._last: int | None = None
        self._held = step
        self._faulty_pts = self._faulty_dts = 0
        self._last_pts: int | None = None
        self._last_dts: int | None = None

    def best(self, frame: av.VideoFrame) -> int | None:
        """pts, or dts where that alone is known, or was in order more often; as ffmpeg has it."""
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

    def place(self, time: int | None, duration: int) -> int:
        """A time after that of the frame before, as near to ``time`` as may be.

        ``duration`` is what the file says of this frame, 0 where it says nothing.
        """
        last = self._last
        if time is None:
            self.untimed += 1
            time = self._start if last is None else last + self._held
        elif last is not None and time <= last:
            self.late += 1
            # far behind is a clock that is broken, near is a stamp that is
            time = last + (self._step if last - time > self._second else 1)
        self._last = time
        # fields may be shown again, for films at 30 frames a second; more is not to be believed
        self._held = duration if self._step <= duration <= 2 * self._step else self._step
        return time
