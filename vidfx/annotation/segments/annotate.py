"""A long video annotated in segments side by side: observe all, settle, draw all, concatenate.

A worker process observes each segment, beginning some seconds before it so that tracks and readings
have started when it begins. All observations are then settled here in one pass, as if the video had
never been cut. Drawing needs the track numbers, so it starts after that. The price: the video is
decoded twice, and the engines are loaded for each segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from vidfx.annotation.drawing.frame_labels import frame_labels
from vidfx.annotation.observations import follow, load
from vidfx.annotation.pipeline import Pipeline
from vidfx.annotation.result_files import ResultFiles, Written
from vidfx.annotation.segments.label_file import LabelFile
from vidfx.annotation.segments.workers import SegmentWorkers, compare_rounds
from vidfx.annotation.video_work import VideoWork
from vidfx.video.container.segment import Segment
from vidfx.video.read.facts import shortfall
from vidfx.video.write.concat import concatenate


def annotate_segments(segments: Sequence[Segment], work: VideoWork, files: ResultFiles) -> Written:
    """Write the results of all frames of ``segments`` into ``files``.

    Raises InputError, EngineFailedError and OutputError, CrashedError where the worker process of a
    segment died again and again.
    """
    info, context = work.info, work.context
    pipeline = Pipeline(info, context.settings, context.models, work.timer)
    draws_last = files.hiding is not None or context.models.people is not None
    with (
        SegmentWorkers(work, len(segments)) as workers,
        LabelFile(work.job.outputs.frames) as labels,
    ):
        planes = files.mp4 is not None and not draws_last
        observed = workers.observe(segments, planes=planes)
        with work.engine_errors():
            faults = workers.faults.warnings(context.models.names())
        observations = chain.from_iterable(load(one.file) for one in observed)
        for settled in pipeline.settle(follow(observations, pipeline.observe.tracker)):
            corrected = work.corrections.add(settled)
            if files.mp4 and not draws_last:
                labels.add(frame_labels([corrected], context.looks))
            files.add(settled)
            workers.report_progress()
        if pipeline.best_crops:
            files.add_people(pipeline.best_crops.kept())
        if files.mp4 and draws_last:
            labels.add(files.frames_to_draw(context.looks))
        labels.close()
        report = None
        if files.mp4:
            drawn = workers.draw(segments, labels.file, hides=files.hiding is not None)
            counts = [one.frames for one in observed], [one.frames for one in drawn]
            if warning := compare_rounds(work.job.name, *counts):
                workers.warnings.append(warning)
            with work.timer("encode"):
                concatenate([one.file for one in drawn], files.mp4, files.tally.first_pts)
                report = files.mp4.complete()
    warnings = [*dict.fromkeys(workers.warnings)]
    if context.settings.start is None and context.settings.end is None:
        missing = shortfall(info, files.tally.frames, files.tally.last_pts)
        warnings += [missing] if missing else []
    return Written(report, [*warnings, *faults, *(report.warnings if report else ())])
