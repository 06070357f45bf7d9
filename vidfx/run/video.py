"""ONE video: decode | detect, track, align, classify, smooth | draw, encode, write rows.

Three threads with bounded queues between them. Results get their names only when all are whole,
the summary last.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from vidfx.errors import InputError, NotMediaError
from vidfx.output.rows import RowWriter
from vidfx.output.summary import Tally, describe_input, versions, write_summary
from vidfx.run.lanes import Lane, StoppedError, Worker, feed
from vidfx.run.pipeline import MAX_CHUNK, Clock, Pipeline
from vidfx.run.plan import Job
from vidfx.run.progress import Listener, Opened
from vidfx.run.setup import Setup
from vidfx.stages.draw import FaceLabel, Painter
from vidfx.types import Face, Frame, FrameResult, VideoInfo
from vidfx.video.atomic import Pending, output_errors, part_name
from vidfx.video.device_source import open_on_device
from vidfx.video.encoders import Encoder, choose_encoder
from vidfx.video.sink import VideoSink
from vidfx.video.source import FrameSource, open_source
from vidfx_engines import EngineError

QUEUE_BYTES = 96 << 20
MAX_QUEUE = 2 * MAX_CHUNK
"""Of each lane: less than a chunk, and one thread would always wait for another."""


def annotate_video(job: Job, setup: Setup, listener: Listener) -> dict[str, Any]:
    """Make all results of one video; returns its summary.

    Whatever ends it, Ctrl-C included, no unfinished file has a final name, and results that were
    there before stay until all new ones are whole. Raises InputError and OutputError.
    """
    started = time.perf_counter()
    settings, clock = setup.settings, Clock()
    fingerprint = setup.fingerprint(job)
    source, why = _open(job.source, setup)
    with source:
        info = source.info
        listener.notice(f"{job.source.name}: {why}")
        listener.started(job, Opened(info.width, info.height, info.codec, _expected(info, setup)))
        with output_errors(job.outputs.summary.parent):
            job.outputs.summary.parent.mkdir(parents=True, exist_ok=True)
        with _Results(job, info, setup, clock, listener) as results:
            try:
                _flow(source, Pipeline(info, settings, setup.models, clock), results, clock)
            except EngineError as error:
                raise InputError(f"{job.source}: {error}", hint=error.hint) from error
            if not results.tally.frames:
                raise NotMediaError(
                    f"{job.source}: there is not one frame to read"
                    + ("" if info.duration_s is None else f" in its {info.duration_s:.1f} s"),
                    hint="check the input, and --start and --end",
                )
            written = results.complete()
            summary = {
                "input": describe_input(info, source.name, why),
                "fingerprint": fingerprint,
                "models": setup.models.describe(),
                "counts": results.tally.counts(),
                "outputs": written,
                "bytes": results.sizes(),
                "seconds": {
                    "total": round(time.perf_counter() - started, 3),
                    "by_stage": {stage: round(s, 3) for stage, s in clock.seconds.items()},
                },
                "tracks": results.tally.tracks(),
                "warnings": [*source.warnings, *results.warnings],
                "versions": versions(),
            }
            results.publish(summary)
    return summary


def _open(path: Path, setup: Setup) -> tuple[FrameSource, str]:
    """The reader of one video, on the device where the engines are on one; and why."""
    settings = setup.settings
    part = settings.start is not None or settings.end is not None
    on_host, reader = "", settings.reader
    device = setup.models.tensors_on
    if device and device.startswith("cuda") and reader not in ("decord", "pyav"):
        found, why = open_on_device(
            path, int(device.partition(":")[2] or 0), reader, planes=settings.video, part=part
        )
        if found is not None:
            return found, why
        on_host, reader = f"{why}; ", "auto"
    source, why = open_source(
        path,
        reader,
        planes=settings.video,
        start_s=settings.start,
        end_s=settings.end,
    )
    return source, on_host + why


def _expected(info: VideoInfo, setup: Setup) -> int | None:
    rate, start, end = float(info.frame_rate), setup.settings.start, setup.settings.end
    if start is None and end is None and info.n_frames is not None:
        return info.n_frames
    if info.duration_s is None or not rate:
        return None
    until = min(info.duration_s, end or info.duration_s)
    return max(0, round((until - (start or 0.0)) * rate))


def _flow(source: Iterable[Frame], pipeline: Pipeline, results: _Results, clock: Clock) -> None:
    """Run the three threads to the end, and raise the first error of any of them."""
    broken = threading.Event()
    size = max(2, min(MAX_QUEUE, QUEUE_BYTES // (pipeline.info.width * pipeline.info.height * 3)))
    frames, settled = Lane[Frame](size, broken), Lane[FrameResult](size, broken)
    kept = pipeline.analyzer.keep(_timed(source, clock, "decode"))
    decode = Worker("decode", lambda: feed(frames, kept), broken)
    write = Worker("write", lambda: results.write_all(settled), broken)
    try:
        decode.start()
        write.start()
        for result in pipeline(frames):
            settled.put(result)
        settled.end()
        write.join()
    except StoppedError:
        pass  # a worker failed; its error is raised below
    finally:
        broken.set()
        with _uninterrupted():
            for worker in (decode, write):
                if worker.ident is not None:
                    worker.join()
    for worker in (decode, write):
        if worker.error is not None:
            raise worker.error


@contextmanager
def _uninterrupted() -> Generator[None]:
    """Ignore Ctrl-C for the moment that it takes to leave what a first one has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _timed(frames: Iterable[Frame], clock: Clock, stage: str) -> Iterator[Frame]:
    iterator = iter(frames)
    while True:
        with clock(stage):
            frame = next(iterator, None)
        if frame is None:
            return
        yield frame


class _Results:
    """The files of one video while they are being written, and the tally of what is in them."""

    def __init__(
        self, job: Job, info: VideoInfo, setup: Setup, clock: Clock, listener: Listener
    ) -> None:
        self.job, self.info = job, info
        self.clock, self.listener = clock, listener
        recognises = setup.models.identity is not None
        self.tally = Tally(info, recognises=recognises)
        self.warnings: list[str] = []
        self._sink: VideoSink | None = None
        with ExitStack() as stack:
            outputs, settings = job.outputs, setup.settings
            self._summary = Pending(outputs.summary)
            stack.callback(self._summary.discard)
            self._rows = stack.enter_context(
                RowWriter(
                    outputs.faces,
                    outputs.frames,
                    info,
                    emotions=setup.emotions,
                    recognises=recognises,
                )
            )
            if settings.video:
                self._sink = stack.enter_context(
                    VideoSink(
                        outputs.video,
                        info,
                        audio_from=info.path if info.has_audio else None,
                        encoder=self._encoder(setup),
                        start_s=settings.start,
                        end_s=settings.end,
                        threads=settings.threads,
                    )
                )
                self._painter = Painter(
                    info.width,
                    info.height,
                    matrix="bt709" if info.colour.matrix == 1 else "bt601",
                    messages=setup.messages,
                )
            self._stack = stack.pop_all()

    def _encoder(self, setup: Setup) -> Encoder:
        settings = setup.settings
        encoder, why = choose_encoder(
            settings.encoder,
            crf=settings.crf,
            preset=settings.preset,
            on_gpu=setup.models.tensors_on is not None,
        )
        if setup.models.tensors_on is not None or settings.encoder != "auto":
            self.listener.notice(f"{self.job.source.name}: {why}")
        return encoder

    def __enter__(self) -> _Results:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def write_all(self, results: Iterable[FrameResult]) -> None:
        """Draw, encode and write every frame."""
        for result in results:
            self.tally.add(result)
            if self._sink:
                assert result.frame.planes is not None
                with self.clock("draw"):
                    time_s = self.info.seconds(result.frame.pts)
                    labels = [_label(face) for face in result.faces]
                    self._painter.paint(result.frame.planes, labels, time_s)
                with self.clock("encode"):
                    self._sink.write(result.frame)
            with self.clock("rows"):
                self._rows.write(result)
            self.listener.advanced(self.job, self.tally.frames)

    def complete(self) -> dict[str, Any]:
        """Make all files whole, but for their names; returns what they are."""
        outputs = self.job.outputs
        written: dict[str, Any] = {"faces": outputs.faces.name, "frames": outputs.frames.name}
        if self._sink:
            with self.clock("encode"):
                report = self._sink.complete()
            self.warnings += report.warnings
            written |= {"video": outputs.video.name, "audio": report.audio}
        self._rows.complete()
        return written

    def sizes(self) -> dict[str, int]:
        """Bytes of every completed file, by its name."""
        outputs = self.job.outputs
        paths = [outputs.faces, outputs.frames, *([outputs.video] if self._sink else [])]
        with output_errors(outputs.summary):
            return {p.name: p.with_name(part_name(p.name)).stat().st_size for p in paths}

    def publish(self, summary: dict[str, Any]) -> None:
        """Give all files their names, the summary last; between the first and it, only renames."""
        write_summary(self._summary, summary)
        with _uninterrupted():
            with output_errors(self.job.outputs.summary):
                self.job.outputs.summary.unlink(missing_ok=True)
            if self._sink:
                self._sink.publish()
            self._rows.publish()
            self._summary.publish()


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
