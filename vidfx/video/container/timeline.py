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
class _Track:
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
        self._tracks: dict[int, _Track] = {}
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
            track = self._tracks.get(packet.stream_index)
            self._move(packet, track.offset if track else self._offset)
            yield packet

    def _arrive(
        self, packet: Packet[Stream], time: float, source: Iterator[Packet[Stream]]
    ) -> None:
        track = self._tracks.get(packet.stream_index)
        if track is None:
            begin = time + self._offset
            if self._tracks and abs(begin - self._now()) > _FORWARD_S:
                begin = self._now()
            track = _Track(begin - time, begin, begin, float("-inf"))
            self._tracks[packet.stream_index] = track
        track.offset = self._nearest(track, time, self._offset)
        if self._is_discontinuity(track, packet, time):
            step = abs(time + track.offset - track.next)
            if step > _SMALL_S and self._is_one_wrong_timestamp(packet, time, track, source):
                packet.pts = packet.dts = None
                return
            self._set_offset(packet, time, track, source)
        self._advance(track, packet, time)

    def _now(self) -> float:
        """The latest expected DTS of all streams."""
        return max(track.next for track in self._tracks.values())

    def _nearest(self, track: _Track, time: float, offset: float) -> float:
        """``offset`` or the track's own: that which puts ``time`` nearer to what is due."""
        if abs(offset - track.offset) < _SMALL_S:
            return offset
        now = self._now()
        place = track.next if now - track.next < _IN_SYNC_S else now
        return min((offset, track.offset), key=lambda one: abs(time + one - place))

    def _is_discontinuity(self, track: _Track, packet: Packet[Stream], time: float) -> bool:
        at = time + track.offset
        video = isinstance(packet.stream, VideoStream)
        if at < track.last - (_BACKWARD_S if video else _SOUND_BACKWARD_S):
            return True
        if video and packet.is_keyframe:
            # no frame that is decoded before a key frame is shown after it
            length = self._seconds(packet, packet.duration) or 0.0
            shown = self._seconds(packet, packet.pts)
            latest = track.shown_until - length + min(_ROUNDING_S, length / 2)
            if shown is not None and shown + track.offset < latest:
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
        self, packet: Packet[Stream], wrong: float, track: _Track, source: Iterator[Packet[Stream]]
    ) -> bool:
        """Whether the next packet of the stream continues the timestamps before this one."""
        for other, time in self._peek(source):
            if other.stream_index == packet.stream_index:
                return abs(time + track.offset - track.next) < abs(time - wrong)
        return False

    def _set_offset(
        self, packet: Packet[Stream], time: float, track: _Track, source: Iterator[Packet[Stream]]
    ) -> None:
        """Set the smallest offset with which no stream overlaps itself from here on."""
        self.discontinuities += 1
        offset = self._to_follow(track, packet, time)
        waiting = set(self._tracks) - {packet.stream_index}
        for other, at in self._peek(source):
            its = self._tracks.get(other.stream_index)
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
        self._offset = track.offset = offset

    def _seconds(self, packet: Packet[Stream], timestamp: int | None) -> float | None:
        return None if timestamp is None else timestamp * self._unit(packet)

    def _unit(self, packet: Packet[Stream]) -> float:
        index = packet.stream_index
        if index not in self._units:
            self._units[index] = float(packet.time_base)
        return self._units[index]

    def _to_follow(self, track: _Track, packet: Packet[Stream], time: float) -> float:
        """The offset with which a packet directly follows what the track has."""
        offset = track.next - time
        shown = self._seconds(packet, packet.pts)
        if shown is not None and isinstance(packet.stream, VideoStream):
            offset = max(offset, track.shown_until - shown)
        return offset

    def _advance(self, track: _Track, packet: Packet[Stream], time: float) -> None:
        length = self._seconds(packet, packet.duration) or 0.0
        track.last = time + track.offset
        track.next = track.last + length
        shown = self._seconds(packet, packet.pts)
        if shown is not None:
            track.shown_until = max(track.shown_until, shown + track.offset + length)

    def _move(self, packet: Packet[Stream], offset: float) -> None:
        if not offset:
            return
        ticks = round(offset / self._unit(packet))
        if packet.pts is not None:
            packet.pts += ticks
        if packet.dts is not None:
            packet.dts += ticks
