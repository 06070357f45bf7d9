"""ONE video: decode | detect, track, align, classify, smooth | draw, encode, write rows.

Three threads with bounded queues between them. Results get their names only when all are whole,
the summary last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidfx import schema
from vidfx.config import Settings
from vidfx.errors import OutputExistsError
from vidfx.messages import DEFAULT_MESSAGES, load_messages
from vidfx.output.rows import RowWriter
from vidfx.output.summary import (
    Tally,
    describe_input,
    read_summary,
    versions,
    write_summary,
)
from vidfx.run.lanes import Lane, StoppedError, Worker, feed
from vidfx.run.models import Models
from vidfx.run.pipeline import Clock, Pipeline
from vidfx.run.plan import Job
from vidfx.run.progress import Listener
from vidfx.stages.draw import FaceLabel, Painter
from vidfx.types import Face, Frame, FrameResult, VideoInfo
from vidfx.video.atomic import output_errors
from vidfx.video.sink import VideoSink
from vidfx.video.source import open_source

QUEUE_BYTES = 32 << 20
MAX_QUEUE = 8


def messages_of(settings: Settings, labels: tuple[str, ...]) -> dict[str, str] | None:
    """The message of each expression; None where none are drawn. Raises UsageError."""
    if settings.messages == "none":
        return None
    if settings.messages == "default":
        return DEFAULT_MESSAGES
    return load_messages(Path(settings.messages), labels)


def fingerprint(settings: Settings, models: Models) -> dict[str, Any]:
    """What two runs must share for their results to be the same work."""
    return {
        "settings": settings.about_results(),
        "models": [s.engine.spec.sha256 for s in models.selections],
    }


def is_done(job: Job, settings: Settings, models: Models) -> bool:
    """Whether the results stand there already, made with the same settings and models.

    Raises OutputExistsError where other results stand there and may not be overwritten.
    """
    if settings.overwrite:
        return False
    summary = read_summary(job.outputs.summary)
    if summary is None:
        existing = [path for path in job.outputs if path.exists()]
        if not existing:
            return False
        raise OutputExistsError(
            f"{job.source}: {existing[0]} exists already, and no summary says what made it",
            hint="use --overwrite, or another output folder",
        )
    if summary.get("fingerprint") == fingerprint(settings, models):
        return True
    raise OutputExistsError(
        f"{job.source}: {job.outputs.summary} exists already, from other settings or models",
        hint="use --overwrite, or another output folder",
    )


def annotate_video(
    job: Job, settings: Settings, models: Models, listener: Listener
) -> dict[str, Any]:
    """Make all results of one video; returns its summary.

    Whatever ends it, Ctrl-C included, no unfinished file keeps a final name. Raises InputError and
    OutputError.
    """
    started = time.perf_counter()
    clock = Clock()
    source, why = open_source(
        job.source,
        settings.reader,
        planes=settings.video,
        start_s=settings.start,
        end_s=settings.end,
    )
    with source:
        info = source.info
        listener.notice(f"{job.source.name}: {why}")
        listener.started(job, info, _expected(info, settings))
        with output_errors(job.outputs.summary.parent):
            job.outputs.summary.parent.mkdir(parents=True, exist_ok=True)
        results = _Results(job, info, settings, models, clock, listener)
        with results:
            _flow(source, Pipeline(info, settings, models, clock), results, clock)
            with output_errors(job.outputs.summary):
                job.outputs.summary.unlink(missing_ok=True)
            written = results.finish()
    summary = {
        "input": describe_input(info, source.name, why),
        "fingerprint": fingerprint(settings, models),
        "models": models.describe(),
        "counts": results.tally.counts(),
        "outputs": written,
        "seconds": {
            "total": round(time.perf_counter() - started, 3),
            "by_stage": {stage: round(s, 3) for stage, s in clock.seconds.items()},
        },
        "tracks": results.tally.tracks(),
        "warnings": [*source.warnings, *results.warnings],
        "versions": versions(),
    }
    write_summary(job.outputs.summary, summary)
    return summary


def _expected(info: VideoInfo, settings: Settings) -> int | None:
    rate = float(info.frame_rate)
    if settings.start is None and settings.end is None and info.n_frames is not None:
        return info.n_frames
    if info.duration_s is None or not rate:
        return None
    end = min(info.duration_s, settings.end or info.duration_s)
    return max(0, round((end - (settings.start or 0.0)) * rate))


def _flow(source: Iterable[Frame], pipeline: Pipeline, results: _Results, clock: Clock) -> None:
    """Run the three threads to the end, and raise the first error of any of them."""
    broken = threading.Event()
    size = max(2, min(MAX_QUEUE, QUEUE_BYTES // (pipeline.info.width * pipeline.info.height * 3)))
    frames, settled = Lane[Frame](size, broken), Lane[FrameResult](size, broken)
    decode = Worker("decode", lambda: feed(frames, _timed(source, clock, "decode")), broken)
    write = Worker("write", lambda: results.write_all(settled), broken)
    workers = (decode, write)
    for worker in workers:
        worker.start()
    try:
        for result in pipeline(frames):
            settled.put(result)
        settled.end()
        write.join()
    except StoppedError:
        pass  # a worker failed; its error is raised below
    finally:
        broken.set()
        for worker in workers:
            worker.join()
    for worker in workers:
        if worker.error is not None:
            raise worker.error


def _timed(frames: Iterable[Frame], clock: Clock, stage: str) -> Iterator[Frame]:
    iterator = iter(frames)
    while True:
        with clock(stage):
            frame = next(iterator, None)
        if frame is None:
            return
        yield frame


@dataclass
class _Results:
    """The files of one video while they are being written, and the tally of what is in them."""

    job: Job
    info: VideoInfo
    settings: Settings
    models: Models
    clock: Clock
    listener: Listener

    def __post_init__(self) -> None:
        emotion = self.models.emotion
        self.labels = emotion.spec.labels if emotion else schema.DEFAULT_EMOTIONS
        self.tally = Tally(self.info)
        self.warnings: list[str] = []
        self._stack = ExitStack()
        self._sink: VideoSink | None = None
        self._painter: Painter | None = None

    def __enter__(self) -> _Results:
        with ExitStack() as stack:
            self._rows = stack.enter_context(
                RowWriter(
                    self.job.outputs.faces,
                    self.job.outputs.frames,
                    self.info,
                    emotions=self.labels,
                    recognises=self.models.identity is not None,
                )
            )
            if self.settings.video:
                self._sink = stack.enter_context(
                    VideoSink(
                        self.job.outputs.video,
                        self.info,
                        audio_from=self.info.path if self.info.has_audio else None,
                        crf=self.settings.crf,
                        preset=self.settings.preset,
                        start_s=self.settings.start,
                        end_s=self.settings.end,
                        threads=self.settings.threads,
                    )
                )
                self._painter = Painter(
                    self.info.width,
                    self.info.height,
                    matrix="bt709" if self.info.colour.matrix == 1 else "bt601",
                    messages=messages_of(self.settings, self.labels),
                )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def write_all(self, results: Iterable[FrameResult]) -> None:
        """Draw, encode and write every frame."""
        for result in results:
            self.tally.add(result)
            if self._sink and self._painter and result.frame.planes is not None:
                with self.clock("draw"):
                    time_s = self.info.seconds(result.frame.pts)
                    labels = [_label(face) for face in result.faces]
                    self._painter.paint(result.frame.planes, labels, time_s)
                with self.clock("encode"):
                    self._sink.write(result.frame)
            with self.clock("rows"):
                self._rows.write(result)
            self.listener.advanced(self.job, self.tally.frames)

    def finish(self) -> dict[str, Any]:
        """Give the files their names; returns what they are."""
        written: dict[str, Any] = {
            "faces": self.job.outputs.faces.name,
            "frames": self.job.outputs.frames.name,
        }
        if self._sink:
            with self.clock("encode"):
                report = self._sink.finish()
            self.warnings += report.warnings
            written |= {"video": self.job.outputs.video.name, "audio": report.audio}
        self._rows.finish()
        return written


def _label(face: Face) -> FaceLabel:
    x1, y1, x2, y2 = face.box.tolist()
    return FaceLabel(
        box=(x1, y1, x2, y2),
        track_id=face.track_id,
        identity=face.identity.label if face.identity else None,
        identity_prob=face.identity.prob if face.identity else None,
        emotion=face.emotion.label if face.emotion else None,
        emotion_prob=face.emotion.prob if face.emotion else None,
        source=face.source,
    )
