"""Where a long video can be cut into segments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

from vidfx.types import VideoInfo
from vidfx.video.container.kinds import kind_of
from vidfx.video.container.scan import Scan, scan
from vidfx.video.container.segment import KeyFrame, Segment

WARMUP_S = 3.0
"""Seconds before a segment on which detection runs too."""
LOOKAHEAD_FRAMES = 3
"""Frames after a segment on which detection runs too."""


def split_at_key_frames(
    info: VideoInfo, count: int, start_s: float | None, end_s: float | None, warmup_frames: int
) -> tuple[list[Segment], str]:
    """At most ``count`` segments of about the same length, each beginning at a key frame.

    Detection begins WARMUP_S before each, and at least ``warmup_frames``.
    Returns no segments, and the reason, where the video cannot be cut. Raises NotMediaError.
    """
    if kind_of(info.path) != "video":
        return [], "it is made of pictures"
    scanned = scan(info.path)
    if reason := _why_not_split(scanned):
        return [], reason
    times = [info.seconds(pts) for pts in scanned.pts]
    first = bisect_left(times, start_s or times[0])
    stop = len(times) if end_s is None else bisect_left(times, end_s)
    key_frames = [KeyFrame(pts, bisect_left(scanned.pts, pts)) for pts in scanned.keyframes]
    indices = [key_frame.index for key_frame in key_frames]
    ideal = (first + (stop - first) * i // count for i in range(1, count))
    chosen = {_nearest(indices, index) for index in ideal}
    cuts = [first, *sorted(index for index in chosen if first < index < stop)]
    if len(cuts) < 2:
        return [], "it has no key frame to be cut at"

    def key_frame_at(time_s: float) -> KeyFrame:
        return key_frames[bisect_right(indices, bisect_right(times, time_s) - 1) - 1]

    segments: list[Segment] = []
    for number, (index, after) in enumerate(pairwise([*cuts, stop])):
        warmup = min(times[index] - WARMUP_S, times[max(index - warmup_frames, 0)])
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


def _why_not_split(scanned: Scan) -> str | None:
    if scanned.stores_dts_only:
        return "it has no timestamps of its own"
    if scanned.fault:
        return scanned.fault
    if scanned.keyframes[:1] != scanned.pts[:1]:
        return "it does not begin with a key frame"
    return None


def _nearest(indices: list[int], index: int) -> int:
    return min(indices, key=lambda other: abs(other - index))
