"""Whether a video is annotated in segments, and in which."""

from __future__ import annotations

from vidfx.annotation.segments.cost import MOST, VideoCost, worthwhile
from vidfx.annotation.video_work import VideoWork
from vidfx.stages.tracking.confirmation import Confirmation
from vidfx.video.container.cutting import WARMUP_S, split_at_key_frames
from vidfx.video.container.segment import Segment
from vidfx.workers import memory
from vidfx_engines.cores import available_cores

MARGIN = 2
"""Detections before a track begins and is in doubt."""


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
        warmup = least_warmup(settings.every)
        segments, why = split_at_key_frames(info, count, settings.start, settings.end, warmup)
    if segments or settings.segments:
        work.detail(f"in one piece: {why}" if why else f"in {len(segments)} segments")
    return segments


def least_warmup(every: int) -> int:
    """Frames to observe before a segment, so that its tracks are checked as in the whole video.

    ``every``: as of Settings.
    """
    return (Confirmation.above(1.0, every).doubted + MARGIN) * max(1, every)


def _worthwhile(work: VideoWork) -> int:
    """As many as the cores and the memory of this video's worker process make worth it."""
    info, settings = work.info, work.context.settings
    all_cores = available_cores()
    cores = min(settings.threads or all_cores, all_cores)
    cost = VideoCost(
        cores=cores,
        frames=info.frames_between(settings.start, settings.end) or 0,
        warmup_frames=max(WARMUP_S * float(info.frame_rate), least_warmup(settings.every)),
        megapixels=info.width * info.height / 1e6,
        draws=settings.video,
    )
    count = worthwhile(cost, MOST)
    if count == 1:
        return 1
    share = memory.allowed(settings.max_memory) * cores // all_cores
    return worthwhile(cost, min(count, share // memory.of_video(cores)))
