"""The annotated video: labels drawn on each frame, then the frame encoded into one MP4."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from vidfx.annotate.threads import BoundedQueue, consumer
from vidfx.annotate.video_work import VideoWork
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.stages.settled import Labels, SettledFaces
from vidfx.types import Frame
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.muxer import Mp4Muxer, VideoReport


class AnnotatedVideo:
    """Draws on the frames of one video, in order, and encodes them into ``mp4``.

    Frames are written in the context of ``encoding``; ``complete`` follows.
    """

    def __init__(self, mp4: Mp4Muxer, work: VideoWork) -> None:
        """Raises UnavailableError where the encoder that the settings name is not here."""
        info, settings, choice = work.info, work.context.settings, work.context.encoder
        tensors_on = work.context.models.tensors_on
        if tensors_on is not None or settings.encoder != "auto":
            work.detail(choice.why)
        self._work = work
        self._painter = Painter(
            info.width,
            info.height,
            matrix=info.colour.matrix,
            messages=work.context.messages,
            stretch=info.stretch,
        )
        self._surfaces: Any = None
        "draws on frames that stay on the GPU"
        if choice.surfaces is not None:
            drawing: Any = import_module("vidfx.device.drawing")  # brings torch
            self._surfaces = drawing.SurfacePainter(self._painter, str(tensors_on))
        self._encoder = VideoEncoder(mp4, choice, threads=settings.threads)
        self._mp4 = mp4
        self._drawn: BoundedQueue[Frame]

    @contextmanager
    def encoding(self, length: int) -> Generator[None]:
        """Encode in a thread, which is at most ``length`` frames behind; at the end, wait for it.

        Its errors are raised again here.
        """
        with consumer("encode", self._encode, length) as self._drawn:
            yield

    def write(self, frame: Frame, labels: Sequence[FaceLabel]) -> None:
        """Draw ``labels`` on the next frame, where it is, which is then encoded.

        Raises StoppedError where the encoder has failed.
        """
        time_s = self._work.info.seconds(frame.pts)
        with self._work.timer("draw"):
            if frame.planes is None:
                frame = self._surfaces.paint(frame, labels, time_s)
            else:
                self._painter.paint(frame.planes, labels, time_s)
        self._drawn.put(frame)

    def _encode(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            with self._work.timer("encode"):
                self._encoder.write(frame)

    def skip(self, labels: Sequence[FaceLabel], time_s: float) -> None:
        """A frame that is not written: its labels decide where those of later frames are placed."""
        with self._work.timer("draw"):
            self._painter.layout(labels, time_s)

    def complete(self) -> VideoReport:
        """Encode what is left and complete the MP4, which still has its temporary name."""
        with self._work.timer("encode"):
            self._encoder.finish()
            return self._mp4.complete()


def labels_of(faces: SettledFaces) -> list[FaceLabel]:
    """What is drawn of each face."""
    identity, emotion = _shown(faces.identity, faces), _shown(faces.emotion, faces)
    columns = faces.box.tolist(), faces.track.tolist(), faces.sources()
    return [
        FaceLabel((x1, y1, x2, y2), number, *who, *mood, source)
        for (x1, y1, x2, y2), number, source, who, mood in zip(
            *columns, identity, emotion, strict=True
        )
    ]


def _shown(
    labels: Labels | None, faces: SettledFaces
) -> list[tuple[str, float] | tuple[None, None]]:
    """Label and probability of each face; None, None where it has no label."""
    if labels is None:
        return [(None, None)] * len(faces.track)
    pairs = zip(labels.texts(), labels.prob.tolist(), strict=True)
    return [(None, None) if text is None else (text, prob) for text, prob in pairs]
