"""A video drawn when all of its rows are known: who is hidden, and who the tracks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vidfx.annotation.drawing.annotated_video import AnnotatedVideo
from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.annotation.drawing.draw_work import DrawWork
from vidfx.annotation.drawing.frame_labels import LabelMatcher
from vidfx.annotation.result_files import ResultFiles, Written
from vidfx.annotation.threads import prefetch, queue_length
from vidfx.annotation.video_work import VideoWork
from vidfx.errors import DecodeError
from vidfx.video.read.source import open_source

MOST_DIFFERING = 0.1
"""Share of frames that may be other ones when the video is decoded again."""


@dataclass(frozen=True)
class HostContext(DrawContext):
    """The frames are on the host, wherever the engines run."""

    names: Sequence[str] = ()

    @property
    def people(self) -> Sequence[str]:
        return self.names


def draw_last(work: VideoWork, files: ResultFiles, observed: Written) -> Written:
    """Decode the video again, hide and draw what its rows say, and encode it.

    ``observed`` is what all frames became without a video. Raises InputError and OutputError.
    """
    settings, mp4, hides = work.context.settings, files.mp4, files.hiding is not None
    assert mp4
    context = HostContext(settings, work.context.messages, work.context.people)
    frames = files.tally.frames
    source, _ = open_source(
        work.job.source, planes=True, start_s=settings.start, end_s=settings.end
    )
    with source:
        drawing = DrawWork(work.job, source.info, context, work.listener, timer=work.timer)
        video = AnnotatedVideo(mp4, drawing)
        matcher = LabelMatcher(files.frames_to_draw(context.looks), hides=hides)
        length = queue_length(source.info)
        decoded = work.timer.each("decode", source)
        with prefetch("decode", decoded, length) as again, video.encoding(length):
            count = video.write_all(again, matcher, lambda _: work.advanced(frames))
        report = video.complete()
    warnings = [*observed.warnings, *report.warnings]
    if work.context.models.tensors_on is not None:
        what = "faces are hidden" if hides else "the names of people are drawn"
        warnings.append(f"{what} on the CPU, not on the GPU, which takes longer")
    if other := max(count, frames) - matcher.matched:
        text = f"{other} frames differ when the video is decoded again"
        if other > MOST_DIFFERING * frames:
            raise DecodeError(
                f"{work.job.name}: {text}: so it is unknown who is in them",
                hint="convert it first, with ffmpeg for example",
            )
        what = "are covered completely" if hides else "have no labels"
        warnings.append(f"{text}: those without rows {what}")
    return Written(report, warnings)
