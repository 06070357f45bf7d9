"""Where a long video can be cut into segments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

from vidfx.types import VideoInfo
from vidfx.video.container.container import keeps_order_only, open_container
from vidfx.video.container.kinds import kind_of
from vidfx.video.container.scan import scan
from vidfx.video.container.segment import KeyFrame, Segment

WARMUP_S = 3.0
"""Seconds before a segment that are looked at too."""
LOOKAHEAD_FRAMES = 3
"""Frames after a segment that are looked at too, and before it where the seconds have fewer."""


def cut(
    info: VideoInfo, wanted: int, start_s: float | None, end_s: float | None
) -> tuple[list[Segment], str]:
    """At most ``wanted`` segments of about the same length, each beginning with a key frame.

    The second is why there is only one. Raises NotMediaError.
    """
    if kind_of(info.path) != "video":
        return [], "it is made of pictures"
    container, _ = open_container(info.path)
    with container:
        order_only = keeps_order_only(container)
    scanned = scan(info.path)
    why = "it has no timestamps of its own" if order_only else scanned.fault
    if not why and scanned.keyframes[:1] != scanned.pts[:1]:
        why = "it does not begin with a key frame"
    if why:
        return [], why
    times = [info.seconds(pts) for pts in scanned.pts]
    first = bisect_left(times, start_s or times[0])
    stop = len(times) if end_s is None else bisect_left(times, end_s)
    key_frames = [KeyFrame(pts, bisect_left(scanned.pts, pts)) for pts in scanned.keyframes]
    indices = [key_frame.index for key_frame in key_frames]
    ideal = (first + (stop - first) * i // wanted for i in range(1, wanted))
    chosen = {_nearest(indices, index) for index in ideal}
    cuts = [first, *sorted(index for index in chosen if first < index < stop)]
    if len(cuts) < 2:
        return [], "it has no key frame to be cut at"

    def key_frame_at(time_s: float) -> KeyFrame:
        return key_frames[bisect_right(indices, bisect_right(times, time_s) - 1) - 1]

    segments: list[Segment] = []
    for number, (index, after) in enumerate(pairwise([*cuts, stop])):
        warmup = min(times[index] - WARMUP_S, times[max(index - LOOKAHEAD_FRAMES, 0)])
        warmup = max(times[first], warmup)
        lookahead = after + LOOKAHEAD_FRAMES
        segments.append(
            Segment(
                number=number,
                first_s=times[index],
                end_s=times[after] if after < stop else end_s,
                key_frame=key_frame_at(times[index]),
                warmup_s=warmup,
                warmup_key_frame=key_frame_at(warmup),
                lookahead_s=times[lookahead] if lookahead < stop else end_s,
            )
        )
    return segments, ""


def _nearest(indices: list[int], wanted: int) -> int:
    return min(indices, key=lambda index: abs(index - wanted))
