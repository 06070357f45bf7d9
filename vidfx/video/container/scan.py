"""The timestamps of a whole file, read without decoding."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.stream import VideoStream

from vidfx.video.container.demuxer import Demuxer, open_video
from vidfx.video.container.field_pictures import FieldPairs
from vidfx.video.container.frame_times import PtsFromDts
from vidfx.video.container.timeline import Timeline


@dataclass(frozen=True)
class Scan:
    """The timestamps of a whole file, read without decoding."""

    pts: list[int]
    "of the frames that are shown, rising"
    keyframes: list[int]
    "pts of the frames at which decoding can begin, rising"
    n_packets: int
    "of frames that are shown and of others"
    fault: str | None
    "why the frames of a decoder may be others than these; None where they are the same"
    stores_dts_only: bool
    "whether the file has decoding times only (AVI)"


def scan(path: Path) -> Scan:
    """Read the header fields of every packet (5 to 50 ms for a clip of some minutes).

    Raises NotMediaError.
    """
    with open_video(path) as demuxer:
        scanner = Scanner(demuxer)
        deque(scanner.packets(), maxlen=0)
        return scanner.result()


class Scanner:
    """Collects the timestamps of the packets that are read through it."""

    def __init__(self, demuxer: Demuxer[VideoStream]) -> None:
        self._demuxer = demuxer
        self._pts_from_dts = PtsFromDts.of(demuxer)
        self._fields = FieldPairs(demuxer.stream)
        self._timeline = Timeline()
        self._shown: list[int] = []
        self._keyframes: list[int] = []
        self._packets = self._untimed = self._discarded = self._corrupt = 0

    def packets(self) -> Iterator[av.Packet[VideoStream]]:
        """The packets of the file. Raises NotMediaError where they are encrypted."""
        for packet in self._demuxer.packets(timeline=self._timeline):
            self._packets += 1
            if not self._fields.is_second(packet):
                self._add(packet)
            yield packet

    def _add(self, packet: av.Packet[VideoStream]) -> None:
        self._discarded += packet.is_discard
        self._corrupt += packet.is_corrupt
        time = packet.dts if self._pts_from_dts else packet.pts
        if time is None:
            self._untimed += 1
        elif not packet.is_discard:
            self._shown.append(time)
            if packet.is_keyframe:
                self._keyframes.append(time)

    def result(self) -> Scan:
        """What was found, when all packets have been read and the demuxer is still open."""
        shown, order = self._shown, self._pts_from_dts
        pts = sorted(order.all(shown) if order else shown)
        keyframes = sorted(self._keyframes)
        return Scan(pts, keyframes, self._packets, self._fault(pts), order is not None)

    def _fault(self, pts: list[int]) -> str | None:
        missing = self._untimed + len(pts) - len(set(pts))
        places = self._timeline.discontinuities
        faults = (
            (not pts or self._demuxer.is_raw, "it has no timestamps"),
            (missing, f"{missing} of its frames have no timestamp of their own"),
            (places, f"its timestamps are discontinuous in {places} place(s)"),
            (self._corrupt, f"{self._corrupt} of its packets are damaged"),
            (self._discarded, f"an edit list hides {self._discarded} of its frames"),
            (self._begins_late(pts), "it has frames from before its own beginning"),
        )
        return next((fault for is_so, fault in faults if is_so), None)

    def _begins_late(self, pts: list[int]) -> bool:
        start = self._demuxer.stream.start_time
        return bool(pts) and start is not None and pts[0] < start
