"""Whether a video is annotated in segments, and in which."""

from __future__ import annotations

from vidfx.annotate.video_work import VideoWork
from vidfx.video.container.cutting import split_at_key_frames
from vidfx.video.container.segment import Segment
from vidfx.workers import memory
from vidfx_engines.cores import available_cores

LEAST_S = 60.0
"""Seconds of a segment, unless the user says how many segments there are."""
CORES_PER_VIDEO = 2
"""That one video keeps busy by itself (docs/benchmarks.md)."""


def plan_segments(work: VideoWork) -> list[Segment]:
    """The segments to annotate side by side; none where the video is annotated in one piece."""
    info, settings = work.info, work.context.settings
    count = settings.segments or _worthwhile(work)
    if count < 2:
        return []
    if not info.path.is_file():
        segments, why = [], "it is a folder of pictures"
    elif work.context.models.tensors_on is not None:
        segments, why = [], "the engines are on a GPU"
    else:
        segments, why = split_at_key_frames(info, count, settings.start, settings.end)
    work.notice(f"in one piece: {why}" if why else f"in {len(segments)} segments")
    return segments


def _worthwhile(work: VideoWork) -> int:
    """As many as there are cores, memory and minutes of video for."""
    duration, settings = work.info.duration_s or 0.0, work.context.settings
    seconds = min(duration, settings.end or duration) - (settings.start or 0.0)
    by_cores = (settings.threads or available_cores()) // CORES_PER_VIDEO
    by_memory = memory.allowed(settings.max_memory) // memory.BYTES_PER_VIDEO
    return max(1, min(by_cores, by_memory, int(seconds // LEAST_S)))
