"""One clock for a file: picture and sound of a recording whose clock jumps, on one timeline.

Transport streams, VOB and the like that were joined, or in which a recorder paused, begin to
count anew in the middle. Jumps are found by the rules of the ffmpeg program; what a jump moves is
found for both streams together, so that they stay in step and neither overlaps itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

AnyStream = TypeVar("AnyStream", bound=Stream)
Packet: TypeAlias = "av.Packet[AnyStream]"

NO_TIMESTAMPS, _TS_DISCONT = 0x80, 0x200
"of AVInputFormat.flags"
_FORWARD_S = 10
"a longer step is a clock that was set, a shorter one a gap"
_BACKWARD_S = 0.1
"that decoding times may go back, and sounds overlap"
_SOUND_BACKWARD_S = 1.0
"that sound alone may: its packets are dated by the rate of those before until the next stamp"
_ROUNDING_S = 0.002
_AHEAD_S, _AHEAD_PACKETS = 2, 1000
"how far to look for the jump of the other stream"
_SMALL_S = 0.5
"of a jump that cannot be told from how streams are interleaved"
_IN_STEP_S = 2
"that streams may be apart; one that is further behind has paused"


def clock_may_jump(container: InputContainer) -> bool:
    """Whether timestamps of this format are a recorder's clock, which may be set at any time."""
    flags = container.format.flags
    return container.format.name == "flv" or bool(flags & _TS_DISCONT and not flags & NO_TIMESTAMPS)


@dataclass
class _Track:
    """Where one stream has come, in seconds of the timeline."""

    offset: float
    "what is added to its timestamps"
    last: float
    "when its last packet was to be decoded"
    next: float
    "when its next one should be"
    reach: float
    "up to where there is something to be shown"


class Timeline:
    """Puts the packets of one picture and its sound on one timeline, in the order they come in."""

    def __init__(self) -> None:
        self.jumps = 0
        "found so far"
        self._offset = 0.0
        "after the latest jump"
        self._tracks: dict[int, _Track] = {}
        self._ahead: deque[Packet[Stream]] = deque()
        self._units: dict[int, float] = {}
        "seconds a tick, of each stream; to ask a packet for it takes long"

    def place(self, packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
        """The packets, with timestamps of the timeline."""
        source = iter(packets)
        while packet := self._ahead.popleft() if self._ahead else next(source, None):
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
        if self._jumped(track, packet, time):
            step = abs(time + track.offset - track.next)
            if step > _SMALL_S and self._is_one_wrong_stamp(packet, time, track, source):
                packet.pts = packet.dts = None
                return
            self._jump(packet, time, track, source)
        self._advance(track, packet, time)

    def _now(self) -> float:
        """How far the file has come."""
        return max(track.next for track in self._tracks.values())

    def _nearest(self, track: _Track, time: float, offset: float) -> float:
        """The track's own offset, or this one where a packet is nearer to its place with it."""
        if abs(offset - track.offset) < _SMALL_S:
            return offset
        now = self._now()
        place = track.next if now - track.next < _IN_STEP_S else now
        return min((offset, track.offset), key=lambda one: abs(time + one - place))

    def _jumped(self, track: _Track, packet: Packet[Stream], time: float) -> bool:
        at = time + track.offset
        video = isinstance(packet.stream, VideoStream)
        if at < track.last - (_BACKWARD_S if video else _SOUND_BACKWARD_S):
            return True
        if video and packet.is_keyframe:
            # nothing that is decoded earlier is shown later than a key frame
            length = self._seconds(packet, packet.duration) or 0.0
            shown = self._seconds(packet, packet.pts)
            latest = track.reach - length + min(_ROUNDING_S, length / 2)
            if shown is not None and shown + track.offset < latest:
                return True
        # a stream may pause while the other one goes on
        return at - self._now() > _FORWARD_S

    def _look_ahead(
        self, source: Iterator[Packet[Stream]]
    ) -> Iterator[tuple[Packet[Stream], float]]:
        for number in range(_AHEAD_PACKETS):
            if number == len(self._ahead):
                self._ahead.extend(islice(source, 1))
            if number == len(self._ahead):
                return
            packet = self._ahead[number]
            time = self._seconds(packet, packet.dts)
            if time is not None:
                yield packet, time

    def _is_one_wrong_stamp(
        self, packet: Packet[Stream], wrong: float, track: _Track, source: Iterator[Packet[Stream]]
    ) -> bool:
        """Whether the stream goes on after this packet as if nothing had been."""
        for other, time in self._look_ahead(source):
            if other.stream_index == packet.stream_index:
                return abs(time + track.offset - track.next) < abs(time - wrong)
        return False

    def _jump(
        self, packet: Packet[Stream], time: float, track: _Track, source: Iterator[Packet[Stream]]
    ) -> None:
        """Find the offset by which no stream overlaps itself after the jump."""
        self.jumps += 1
        offset = self._to_follow(track, packet, time)
        waiting = set(self._tracks) - {packet.stream_index}
        for other, at in self._look_ahead(source):
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

    def _seconds(self, packet: Packet[Stream], stamp: int | None) -> float | None:
        return None if stamp is None else stamp * self._unit(packet)

    def _unit(self, packet: Packet[Stream]) -> float:
        index = packet.stream_index
        if index not in self._units:
            self._units[index] = float(packet.time_base)
        return self._units[index]

    def _to_follow(self, track: _Track, packet: Packet[Stream], time: float) -> float:
        """The offset with which a packet comes right after what the track has."""
        offset = track.next - time
        shown = self._seconds(packet, packet.pts)
        if shown is not None and isinstance(packet.stream, VideoStream):
            offset = max(offset, track.reach - shown)
        return offset

    def _advance(self, track: _Track, packet: Packet[Stream], time: float) -> None:
        length = self._seconds(packet, packet.duration) or 0.0
        track.last = time + track.offset
        track.next = track.last + length
        shown = self._seconds(packet, packet.pts)
        if shown is not None:
            track.reach = max(track.reach, shown + track.offset + length)

    def _move(self, packet: Packet[Stream], offset: float) -> None:
        if not offset:
            return
        ticks = round(offset / self._unit(packet))
        if packet.pts is not None:
            packet.pts += ticks
        if packet.dts is not None:
            packet.dts += ticks
