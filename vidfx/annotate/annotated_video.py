"""The annotated video while it is made: labels drawn on each frame, then the frame encoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidfx.annotate.context import Context
from vidfx.annotate.stage_timer import StageTimer
from vidfx.atomic import Abortable
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.types import Face, Frame, VideoInfo
from vidfx.video.write.encoders import choose_encoder
from vidfx.video.write.sink import SinkReport, VideoSink


class AnnotatedVideo(Abortable):
    """Draws on the frames of one video, in order, and encodes them into ``path``. See VideoSink."""

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        context: Context,
        timer: StageTimer,
        *,
        audio_from: Path | None,
        start_s: float | None,
        end_s: float | None,
    ) -> None:
        settings = context.settings
        encoder, self.why = choose_encoder(
            settings.encoder,
            crf=settings.crf,
            preset=settings.preset,
            on_gpu=context.models.tensors_on is not None,
        )
        self.worth_telling = context.models.tensors_on is not None or settings.encoder != "auto"
        self._timer = timer
        self._painter = Painter(
            info.width,
            info.height,
            matrix="bt709" if info.colour.matrix == 1 else "bt601",
            messages=context.messages,
            stretch=info.stretch,
        )
        self._sink = VideoSink(
            path,
            info,
            audio_from=audio_from,
            encoder=encoder,
            start_s=start_s,
            end_s=end_s,
            threads=settings.threads,
        )

    def write(self, frame: Frame, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on the planes of the next frame, and encode it."""
        assert frame.planes is not None
        with self._timer("draw"):
            self._painter.paint(frame.planes, labels, time_s)
        with self._timer("encode"):
            self._sink.write(frame)

    def pass_over(self, labels: Sequence[FaceLabel], time_s: float) -> None:
        """A frame before those that are written: where its labels stand is where later ones do."""
        with self._timer("draw"):
            self._painter.layout(labels, time_s)

    @property
    def part(self) -> Path:
        """Where the file is until it is published."""
        return self._sink.part

    def complete(self) -> SinkReport:
        """Make the file whole, but for its name."""
        with self._timer("encode"):
            return self._sink.complete()

    def publish(self) -> None:
        """Give the completed file its name."""
        self._sink.publish()

    def abort(self) -> None:
        """Stop and leave nothing behind; harmless after ``publish``."""
        self._sink.abort()


def label_of(face: Face) -> FaceLabel:
    """What is drawn of a face."""
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
