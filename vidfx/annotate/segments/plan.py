"""Whether a video is annotated in segments, and in which."""

from __future__ import annotations

from vidfx.annotate.segments.cost import MOST, VideoCost, worthwhile
from vidfx.annotate.video_work import VideoWork
from vidfx.video.container.cutting import split_at_key_frames
from vidfx.video.container.segment import Segment
from vidfx.workers import memory
from vidfx_engines.cores import available_cores


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
    if segments or settings.segments:
        work.detail(f"in one piece: {why}" if why else f"in {len(segments)} segments")
    return segments


def _worthwhile(work: VideoWork) -> int:
    """As many as the cores and the memory of this video's worker process make worth it."""
    info, settings = work.info, work.context.settings
    all_cores = available_cores()
    cores = min(settings.threads or all_cores, all_cores)
    cost = VideoCost(
        cores=cores,
        frames=info.frames_between(settings.start, settings.end) or 0,
        frame_rate=float(info.frame_rate),
        megapixels=info.width * info.height / 1e6,
        draws=settings.video,
    )
    count = worthwhile(cost, MOST)
    if count == 1:
        return 1
    share = memory.allowed(settings.max_memory) * cores // all_cores
    return worthwhile(cost, min(count, share // memory.of_video(cores)))
