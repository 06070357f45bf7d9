"""The files of one video while they are written, and the tally of what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vidfx.annotation.drawing.frame_labels import FrameLabels, frame_labels, masked_labels
from vidfx.annotation.drawing.verify import verify
from vidfx.annotation.row_files import RowFiles
from vidfx.annotation.threads import uninterrupted
from vidfx.annotation.video_work import VideoWork
from vidfx.errors import OutputError, output_errors
from vidfx.output.strict_json import to_json
from vidfx.output.summary import write_summary
from vidfx.output.tally import Tally
from vidfx.overlay.looks import Looks
from vidfx.people.embeddings_file import PRIVATE, TrackEmbeddings
from vidfx.people.people_file import People
from vidfx.people.readings import Readings, readings, with_readings
from vidfx.people.who import who_are
from vidfx.privacy.hiding import Hiding
from vidfx.result_settings import ResultSettings
from vidfx.saved.named import named
from vidfx.stages.settled import Settled
from vidfx.video.write.muxer import Mp4Muxer, VideoReport
from vidfx_engines.files import DEFAULT_MODE, AtomicFile

ENDING = ".1"
"""Of rows that are written again: labels of segments have .0."""


@dataclass(frozen=True)
class Written:
    """What all frames of a video became."""

    video: VideoReport | None
    "of the annotated video; None where none is wanted"
    warnings: list[str]
    "of reading, of the engines and of the annotated video"


class ResultFiles:
    """All results of one video; they get their names only when all are complete, the summary last.

    What is not published when the context ends is removed. Raises OutputError.
    """

    def __init__(self, work: VideoWork) -> None:
        info, settings, outputs = work.info, work.context.settings, work.job.outputs
        models = work.context.models
        hides = bool(settings.hide) or work.corrections.hide
        self._name = work.job.name
        self._verified: dict[str, Any] | None = None
        "what the search for hidden faces says; None where none was asked for"
        self._outputs, self._timer = outputs, work.timer
        self._work = work
        self._named = models.identity is not None or models.people is not None
        self.tally = Tally(info, recognises=self._named)
        self.mp4: Mp4Muxer | None = None
        "the annotated video, for others to write and complete; None where none is wanted"
        with output_errors(outputs.summary.parent):
            outputs.summary.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:

            def create(path: Path, mode: int = DEFAULT_MODE) -> AtomicFile:
                with output_errors(path):
                    file = AtomicFile(path, mode)
                stack.callback(file.discard)
                return file

            self._summary = create(outputs.summary)
            self._rows = stack.enter_context(RowFiles(work, create, recognises=self._named))
            self._files = [*self._rows.files]
            "all but the summary"
            self._observed: RowFiles | None = None
            "the rows until it is known who the tracks are"
            if models.embedding:
                recognises = models.identity is not None
                observed = RowFiles(work, create, recognises=recognises, ending=ENDING)
                self._observed = stack.enter_context(observed)
            self._embeddings = None
            if settings.embeddings:
                self._embeddings = create(outputs.embeddings, PRIVATE)
                self._files.append(self._embeddings)
            if settings.video:
                video = create(outputs.video)
                self._files.append(video)
                mp4 = Mp4Muxer(
                    video,
                    info,
                    audio_from=info.path if info.has_audio and settings.sound == "keep" else None,
                    start_s=settings.start,
                    end_s=settings.end,
                    private=hides,
                )
                self.mp4 = stack.enter_context(mp4)
            self.hiding: Hiding | None = None
            "of the annotated video"
            if self.mp4 and hides:
                self._privacy = create(outputs.privacy)
                self._files.append(self._privacy)
                self.hiding = work.corrections.hiding(settings, self._rows.read_back)
            self._stack = stack.pop_all()

    def __enter__(self) -> ResultFiles:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def add(self, settled: Settled) -> None:
        """Count the next frames and write their rows."""
        with self._timer("rows"):
            self.tally.add(settled)
            (self._observed or self._rows).write(settled)

    def add_people(self, embeddings: TrackEmbeddings) -> None:
        """All frames are added: write their rows again, with who the tracks are."""
        assert self._observed
        people = self._work.context.models.people
        spans = {t["track_id"]: (t["first_s"], t["last_s"]) for t in self.tally.tracks()}
        found = People(who_are(embeddings, spans, people and people.of_video))
        read: Readings = readings(embeddings, *people.of_video) if people else {}
        self.tally = Tally(self._work.info, recognises=self._named)
        with self._timer("rows"):
            for settled in self._observed.read_back():
                one = (
                    with_readings(named(settled, found), read) if people else named(settled, found)
                )
                self.tally.add(one)
                self._rows.write(one)
                self._work.advanced(self.tally.frames)
        if self._embeddings:
            shown = embeddings.rows(np.isin(embeddings.track_id, [*spans]))
            with output_errors(self._outputs.embeddings):
                self._embeddings.writable.write_bytes(shown.bytes())
                self._embeddings.seal()

    def frames_to_draw(self, looks: Looks) -> Iterator[FrameLabels]:
        """What is drawn on all frames, once their rows are written, corrected."""
        if self.hiding:
            return masked_labels(self.hiding.masked(), looks)
        return frame_labels(self._work.corrections.applied(self._rows.read_back()), looks)

    def verify(self, settings: ResultSettings, alive: Callable[[], None]) -> None:
        """Search the completed video for hidden faces. Raises FaceSeenError."""
        assert self.hiding and self.mp4
        part = next(file.part for file in self._files if file.path == self._outputs.video)
        self._verified = verify(
            self._name, part, self.hiding.masked(), settings, self.mp4.input_pts, alive
        )

    def complete(self, video: VideoReport | None) -> dict[str, Any]:
        """Complete the rows; returns the "outputs", "columns" and "bytes" of the summary."""
        self._rows.complete()
        tables = ("faces", "frames", "unshown")
        outputs = {name: getattr(self._outputs, name).name for name in tables}
        if video:
            outputs |= {"video": self._outputs.video.name, "audio": video.audio}
        if self._embeddings:
            outputs["embeddings"] = self._outputs.embeddings.name
        if self.hiding:
            outputs["privacy"] = self._outputs.privacy.name
            with output_errors(self._outputs.privacy):
                text = to_json({**self.hiding.describe(), "verified": self._verified}, indent=1)
                self._privacy.writable.write_text(f"{text}\n", encoding="ascii")
                self._privacy.seal()
        with output_errors(self._outputs.summary):
            sizes = {file.path.name: file.size() for file in self._files}
        return {"outputs": outputs, "columns": self._rows.types, "bytes": sizes}

    def publish(self, summary: dict[str, Any]) -> None:
        """Write the summary, then give all completed files their names, the summary's last.

        If one cannot be renamed, all are removed: without a summary they would block the next run.
        """
        write_summary(self._summary, summary)
        outputs = self._outputs
        with uninterrupted():
            with output_errors(outputs.summary):
                outputs.summary.unlink(missing_ok=True)
            try:
                if self.mp4 is None:  # one of an earlier run would not belong to the new rows
                    with output_errors(outputs.video):
                        outputs.video.unlink(missing_ok=True)
                for path in (outputs.embeddings, outputs.people):  # of other track numbers
                    with output_errors(path):
                        path.unlink(missing_ok=True)
                if self.hiding is None:
                    with output_errors(outputs.privacy):
                        outputs.privacy.unlink(missing_ok=True)
                for file in (*self._files, self._summary):
                    with output_errors(file.path):
                        file.publish()
            except OutputError:
                for path in outputs:
                    with suppress(OSError):
                        path.unlink()
                raise
