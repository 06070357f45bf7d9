"""The timestamps of a whole file, read without decoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vidfx.video.container.container import has_no_times, open_container, packets
from vidfx.video.container.field_pictures import FieldPairs
from vidfx.video.container.frame_times import InOrder
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
    "why the frames that a decoder gives may not be these, None where they are"


def scan(path: Path) -> Scan:
    """Read every packet's header fields (5 to 50 ms for a clip of some minutes)."""
    container, stream = open_container(path)
    order, fields, timeline = InOrder.of(container, stream), FieldPairs(stream), Timeline()
    shown: list[int] = []
    keyframes: list[int] = []
    n_packets = untimed = discarded = corrupt = 0
    with container:
        for packet in packets(container, stream, timeline=timeline):
            n_packets += 1
            if fields.is_second(packet):
                continue
            discarded += packet.is_discard
            corrupt += packet.is_corrupt
            time = packet.pts if order is None else packet.dts
            if time is None:
                untimed += 1
            elif not packet.is_discard:
                shown.append(time)
                keyframes.extend([time] if packet.is_keyframe else [])
        start, untold = stream.start_time, has_no_times(container)
    if order is not None:
        shown = order.of_all(shown)
    shown.sort()
    missing = untimed + len(shown) - len(set(shown))
    if not shown or untold:
        fault = "it has no timestamps"
    elif missing:
        fault = f"{missing} of its frames have no timestamp of their own"
    elif timeline.jumps:
        fault = f"its clock was set {timeline.jumps} times"
    elif corrupt:
        fault = f"{corrupt} of its packets are damaged"
    elif discarded:
        fault = f"an edit list hides {discarded} of its frames"
    elif start is not None and shown[0] < start:
        fault = "it has frames from before its own beginning"
    else:
        fault = None
    return Scan(shown, sorted(keyframes), n_packets, fault)
