"""The annotated video: labels drawn on each frame, then the frame encoded into one MP4."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from vidfx.annotation.drawing.draw_work import DrawWork
from vidfx.annotation.drawing.frame_labels import Box, LabelMatcher
from vidfx.annotation.threads import BoundedQueue, consumer
from vidfx.overlay.painter import FaceLabel, Painter
from vidfx.privacy.paint import paint_masks
from vidfx.types import Frame
from vidfx.video.write.encoder import VideoEncoder
from vidfx.video.write.muxer import Mp4Muxer, VideoReport


class AnnotatedVideo:
    """Draws on the frames of one video, in order, and encodes them into ``mp4``.

    Frames are written in the context of ``encoding``; ``complete`` follows.
    """

    def __init__(self, mp4: Mp4Muxer, work: DrawWork) -> None:
        """Raises UnavailableError where the encoder that the settings name is not here."""
        info, settings, choice = work.info, work.context.settings, work.context.encoder
        tensors_on = work.context.tensors_on
        if tensors_on is not None or settings.encoder != "auto":
            work.detail(choice.why)
        self._work = work
        self._painter = Painter(
            info.width,
            info.height,
            matrix=info.colour.matrix,
            messages=work.context.messages,
            looks=work.context.looks,
            people=work.context.people,
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

    def write(self, frame: Frame, labels: Sequence[FaceLabel], masks: Sequence[Box] = ()) -> None:
        """Hide ``masks`` on the next frame and draw ``labels``, where it is; then encode it.

        Frames with masks are on the host. Raises StoppedError where the encoder has failed.
        """
        time_s = self._work.info.seconds(frame.pts)
        with self._work.timer("draw"):
            if len(masks):
                assert frame.planes is not None
                height, width = frame.planes.shape[0] * 2 // 3, frame.planes.shape[1]
                how = self._work.context.settings.how
                paint_masks(frame.planes, (width, height), np.array(masks), how)
            if frame.planes is None:
                frame = self._surfaces.paint(frame, labels, time_s)
            else:
                self._painter.paint(frame.planes, labels, time_s)
        self._drawn.put(frame)

    def _encode(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            with self._work.timer("encode"):
                self._encoder.write(frame)

    def write_all(
        self, frames: Iterable[Frame], labels: LabelMatcher, advanced: Callable[[int], None]
    ) -> int:
        """Draw on all ``frames`` what ``labels`` has for them; returns how many there were.

        ``advanced`` is called with how many are written, often. Raises StoppedError where the
        encoder has failed.
        """
        count = 0
        for frame in frames:
            for missing in labels.before(frame.pts):
                self.skip(missing.labels, missing.time_s)
                advanced(count)
            found = labels.at(frame.pts)
            self.write(frame, found.labels, found.masks)
            count += 1
            advanced(count)
        return count

    def skip(self, labels: Sequence[FaceLabel], time_s: float) -> None:
        """A frame that is not written: its labels decide where those of later frames are placed."""
        with self._work.timer("draw"):
            self._painter.layout(labels, time_s)

    def complete(self) -> VideoReport:
        """Encode what is left and complete the MP4, which still has its temporary name."""
        with self._work.timer("encode"):
            self._encoder.finish()
            return self._mp4.complete()
