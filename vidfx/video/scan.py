"""The timestamps of a whole file, read without decoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vidfx.video.container import keeps_order_only, open_container, packets


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
    shown: list[int] = []
    keyframes: list[int] = []
    n_packets = untimed = discarded = corrupt = 0
    with container:
        for packet in packets(container, stream):
            n_packets += 1
            discarded += packet.is_discard
            corrupt += packet.is_corrupt
            time = packet.dts if keeps_order_only(container) else packet.pts
            if time is None:
                untimed += 1
            elif not packet.is_discard:
                shown.append(time)
                if packet.is_keyframe:
                    keyframes.append(time)
        start = stream.start_time
    shown.sort()
    repeated = len(shown) - len(set(shown))
    if not shown:
        fault = "it has no timestamps"
    elif untimed or repeated:
        fault = f"{untimed + repeated} of its frames have no timestamp of their own"
    elif corrupt:
        fault = f"{corrupt} of its packets are damaged"
    elif discarded:
        fault = f"an edit list hides {discarded} of its frames"
    elif start is not None and shown[0] < start:
        fault = "it has frames from before its own beginning"
    else:
        fault = None
    return Scan(shown, sorted(keyframes), n_packets, fault)
