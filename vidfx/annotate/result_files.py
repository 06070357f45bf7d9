"""The files of one video while they are being written, and the tally of what is in them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from vidfx.annotate.context import Context
from vidfx.annotate.stage_timer import StageTimer
from vidfx.annotate.threads import uninterrupted
from vidfx.errors import OutputError, output_errors
from vidfx.jobs.plan import Job
from vidfx.output.rows import RowWriter
from vidfx.output.summary import Tally, write_summary
from vidfx.types import FrameResult, VideoInfo
from vidfx.video.write.muxer import Mp4Muxer, VideoReport
from vidfx_engines.files import AtomicFile, part_name


@dataclass(frozen=True)
class Made:
    """What came of the frames of one video."""

    report: VideoReport | None
    "of the annotated video; None where none is wanted"
    warnings: list[str]
    "of reading, and of engines"


class ResultFiles:
    """All results of one video; they get their names only when all are whole, the summary last.

    What is not published when the context ends is removed.
    """

    def __init__(self, job: Job, info: VideoInfo, context: Context, timer: StageTimer) -> None:
        self.job = job
        self._timer = timer
        settings, outputs = context.settings, job.outputs
        recognises = context.models.identity is not None
        self.tally = Tally(info, recognises=recognises)
        with ExitStack() as stack:
            with output_errors(outputs.summary):
                self._summary = AtomicFile(outputs.summary)
            stack.callback(self._summary.discard)
            self._rows = stack.enter_context(
                RowWriter(
                    *(outputs.faces, outputs.frames, info),
                    emotions=context.emotions,
                    recognises=recognises,
                )
            )
            self.mp4: Mp4Muxer | None = None
            "the annotated video, to be written and completed; None where none is wanted"
            if settings.video:
                audio_from = info.path if info.has_audio else None
                self.mp4 = stack.enter_context(
                    Mp4Muxer(
                        *(outputs.video, info),
                        audio_from=audio_from,
                        start_s=settings.start,
                        end_s=settings.end,
                    )
                )
            self._stack = stack.pop_all()

    def __enter__(self) -> ResultFiles:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def add(self, result: FrameResult) -> None:
        """Count the next frame and write its rows."""
        self.tally.add(result)
        with self._timer("rows"):
            self._rows.write(result)

    def complete(self, made: Made) -> dict[str, Any]:
        """Make the rows whole, but for their names; returns what all the outputs are."""
        self._rows.complete()
        outputs = self.job.outputs
        written: dict[str, Any] = {"faces": outputs.faces.name, "frames": outputs.frames.name}
        if made.report:
            written |= {"video": outputs.video.name, "audio": made.report.audio}
        return written

    def sizes(self) -> dict[str, int]:
        """Bytes of every completed file, by its name."""
        outputs = self.job.outputs
        paths = [outputs.faces, outputs.frames, *([outputs.video] if self.mp4 else [])]
        with output_errors(outputs.summary):
            return {p.name: p.with_name(part_name(p.name)).stat().st_size for p in paths}

    def publish(self, summary: dict[str, Any]) -> None:
        """Give all files their names, the summary last; between the first and it, only renames.

        Where one cannot be renamed none stays: without a summary they would be in the way.
        """
        write_summary(self._summary, summary)
        with uninterrupted():
            with output_errors(self.job.outputs.summary):
                self.job.outputs.summary.unlink(missing_ok=True)
            try:
                if self.mp4:
                    self.mp4.publish()
                else:  # one of an earlier run would stand beside rows that are not its own
                    with output_errors(self.job.outputs.video):
                        self.job.outputs.video.unlink(missing_ok=True)
                self._rows.publish()
                with output_errors(self.job.outputs.summary):
                    self._summary.publish()
            except OutputError:
                for path in self.job.outputs:
                    with suppress(OSError):
                        path.unlink()
                raise
