"""The annotated video: labels drawn on each frame, then the frame encoded into one MP4."""

from __future__ import annotations

from collections.abc import Sequence

from vidfx.annotate.context import Context
from vidfx.annotate.stage_timer import StageTimer
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.types import Face, Frame
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.encoder_choice import choose_encoder
from vidfx.video.write.muxer import Mp4Muxer, VideoReport


class AnnotatedVideo:
    """Draws on the frames of one video, in order, and encodes them into ``mp4``.

    The owner of ``mp4`` publishes or aborts it.
    """

    def __init__(self, mp4: Mp4Muxer, context: Context, timer: StageTimer) -> None:
        """Raises UnavailableError where the encoder that the settings name is not here."""
        settings, info = context.settings, mp4.info
        on_gpu = context.models.tensors_on is not None
        choice = choose_encoder(
            settings.encoder, crf=settings.crf, preset=settings.preset, on_gpu=on_gpu
        )
        self.notice = choice.why if on_gpu or settings.encoder != "auto" else None
        "which encoder was chosen and why; None where there was no choice"
        self._timer = timer
        self._painter = Painter(
            info.width,
            info.height,
            matrix=info.colour.matrix,
            messages=context.messages,
            stretch=info.stretch,
        )
        self._encoder = VideoEncoder(mp4, choice, threads=settings.threads)
        self._mp4 = mp4

    def write(self, frame: Frame, labels: Sequence[FaceLabel], time_s: float) -> None:
        """Draw on the planes of the next frame, and encode it."""
        assert frame.planes is not None
        with self._timer("draw"):
            self._painter.paint(frame.planes, labels, time_s)
        with self._timer("encode"):
            self._encoder.write(frame)

    def skip(self, labels: Sequence[FaceLabel], time_s: float) -> None:
        """A frame that is not written: its labels decide where those of later frames are placed."""
        with self._timer("draw"):
            self._painter.layout(labels, time_s)

    def complete(self) -> VideoReport:
        """Encode what is left and complete the file, which its owner then publishes."""
        with self._timer("encode"):
            self._encoder.finish()
            return self._mp4.complete()


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
