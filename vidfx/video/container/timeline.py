"""One continuous timeline for the picture and the sound of a file with timestamp discontinuities.

In transport streams, VOB and the like, timestamps restart where files were joined or a recorder
paused. Discontinuities are detected by the rules of the ffmpeg program; the offset after one is
chosen for both streams together, so that they stay in sync and neither overlaps itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

import av
from av.stream import Stream
from av.video.stream import VideoStream

AnyStream = TypeVar("AnyStream", bound=Stream)
Packet: TypeAlias = "av.Packet[AnyStream]"

_FORWARD_S = 10
"a longer step forward is a discontinuity, a shorter one a gap"
_BACKWARD_S = 0.1
"a longer step back of DTS is a discontinuity"
_SOUND_BACKWARD_S = 1.0
"the same for sound: up to its next timestamp, packets are dated by the rate of those before"
_ROUNDING_S = 0.002
_AHEAD_S, _AHEAD_PACKETS = 2, 1000
"how far to search for the discontinuity of the other stream"
_SMALL_S = 0.5
"a step that may as well come from how streams are interleaved"
_IN_SYNC_S = 2
"streams may be that far apart; one that is further behind has paused"


@dataclass
class _StreamState:
    """The state of one stream, in seconds of the timeline."""

    offset: float
    "added to its timestamps"
    last: float
    "DTS of its last packet"
    next: float
    "expected DTS of its next packet"
    shown_until: float
    "end of its last frame in presentation order"


class Timeline:
    """Makes the timestamps of one picture and its sound continuous, packet by packet."""

    def __init__(self) -> None:
        self.discontinuities = 0
        "number found so far"
        self._offset = 0.0
        "seconds, after the latest discontinuity"
        self._states: dict[int, _StreamState] = {}
        self._buffer: deque[Packet[Stream]] = deque()
        self._units: dict[int, float] = {}
        "time base of each stream in seconds; Packet.time_base is slow"

    def place(self, packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
        """The packets in the same order, with timestamps of the timeline."""
        source = iter(packets)
        while packet := self._buffer.popleft() if self._buffer else next(source, None):
            time = self._seconds(packet, packet.dts)
            if time is not None:
                self._arrive(packet, time, source)
            state = self._states.get(packet.stream_index)
            self._move(packet, state.offset if state else self._offset)
            yield packet

    def _arrive(
        self, packet: Packet[Stream], time: float, source: Iterator[Packet[Stream]]
    ) -> None:
        state = self._states.get(packet.stream_index)
        if state is None:
            begin = time + self._offset
            if self._states and abs(begin - self._now()) > _FORWARD_S:
                begin = self._now()
            state = _StreamState(begin - time, begin, begin, float("-inf"))
            self._states[packet.stream_index] = state
        state.offset = self._nearest(state, time, self._offset)
        if self._is_discontinuity(state, packet, time):
            step = abs(time + state.offset - state.next)
            if step > _SMALL_S and self._is_one_wrong_timestamp(packet, time, state, source):
                packet.pts = packet.dts = None
                return
            self._set_offset(packet, time, state, source)
        self._advance(state, packet, time)

    def _now(self) -> float:
        """The latest expected DTS of all streams."""
        return max(state.next for state in self._states.values())

    def _nearest(self, state: _StreamState, time: float, offset: float) -> float:
        """``offset`` or the stream's own: that which puts ``time`` nearer to what is due."""
        if abs(offset - state.offset) < _SMALL_S:
            return offset
        now = self._now()
        place = state.next if now - state.next < _IN_SYNC_S else now
        return min((offset, state.offset), key=lambda one: abs(time + one - place))

    def _is_discontinuity(self, state: _StreamState, packet: Packet[Stream], time: float) -> bool:
        at = time + state.offset
        video = isinstance(packet.stream, VideoStream)
        if at < state.last - (_BACKWARD_S if video else _SOUND_BACKWARD_S):
            return True
        if video and packet.is_keyframe:
            # no frame that is decoded before a key frame is shown after it
            length = self._seconds(packet, packet.duration) or 0.0
            shown = self._seconds(packet, packet.pts)
            latest = state.shown_until - length + min(_ROUNDING_S, length / 2)
            if shown is not None and shown + state.offset < latest:
                return True
        # a stream may pause while the other one goes on
        return at - self._now() > _FORWARD_S

    def _peek(self, source: Iterator[Packet[Stream]]) -> Iterator[tuple[Packet[Stream], float]]:
        for number in range(_AHEAD_PACKETS):
            if number == len(self._buffer):
                self._buffer.extend(islice(source, 1))
            if number == len(self._buffer):
                return
            packet = self._buffer[number]
            time = self._seconds(packet, packet.dts)
            if time is not None:
                yield packet, time

    def _is_one_wrong_timestamp(
        self,
        packet: Packet[Stream],
        wrong: float,
        state: _StreamState,
        source: Iterator[Packet[Stream]],
    ) -> bool:
        """Whether the next packet of the stream continues the timestamps before this one."""
        for other, time in self._peek(source):
            if other.stream_index == packet.stream_index:
                return abs(time + state.offset - state.next) < abs(time - wrong)
        return False

    def _set_offset(
        self,
        packet: Packet[Stream],
        time: float,
        state: _StreamState,
        source: Iterator[Packet[Stream]],
    ) -> None:
        """Set the smallest offset with which no stream overlaps itself from here on."""
        self.discontinuities += 1
        offset = self._to_follow(state, packet, time)
        waiting = set(self._states) - {packet.stream_index}
        for other, at in self._peek(source):
            its = self._states.get(other.stream_index)
            if other.stream_index == packet.stream_index:
                if not 0 <= at - time <= _AHEAD_S:
                    break
            elif (
                other.stream_index in waiting
                and its
                and self._nearest(its, at, offset) == offset != its.offset
            ):
                waiting.remove(other.stream_index)
                least = self._to_follow(its, other, at)
                if least - offset > _BACKWARD_S or isinstance(other.stream, VideoStream):
                    offset = max(offset, least)
            if not waiting:
                break
        self._offset = state.offset = offset

    def _seconds(self, packet: Packet[Stream], timestamp: int | None) -> float | None:
        return None if timestamp is None else timestamp * self._unit(packet)

    def _unit(self, packet: Packet[Stream]) -> float:
        index = packet.stream_index
        if index not in self._units:
            self._units[index] = float(packet.time_base)
        return self._units[index]

    def _to_follow(self, state: _StreamState, packet: Packet[Stream], time: float) -> float:
        """The offset with which a packet directly follows what its stream has."""
        offset = state.next - time
        shown = self._seconds(packet, packet.pts)
        if shown is not None and isinstance(packet.stream, VideoStream):
            offset = max(offset, state.shown_until - shown)
        return offset

    def _advance(self, state: _StreamState, packet: Packet[Stream], time: float) -> None:
        length = self._seconds(packet, packet.duration) or 0.0
        state.last = time + state.offset
        state.next = state.last + length
        shown = self._seconds(packet, packet.pts)
        if shown is not None:
            state.shown_until = max(state.shown_until, shown + state.offset + length)

    def _move(self, packet: Packet[Stream], offset: float) -> None:
        if not offset:
            return
        ticks = round(offset / self._unit(packet))
        if packet.pts is not None:
            packet.pts += ticks
        if packet.dts is not None:
            packet.dts += ticks
