"""Settled frames as rows of the two CSV files."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TextIO

import numpy as np

from vidfx import schema
from vidfx.errors import output_errors
from vidfx.stages.decide import OTHER, UNKNOWN
from vidfx.types import Face, FrameResult, Reading, VideoInfo
from vidfx_engines.files import AtomicFile

Cell = str | int | float | None


class RowWriter:
    """Writes ``faces.csv`` and ``frames.csv`` of one video; named only when both are whole."""

    def __init__(
        self,
        faces: Path,
        frames: Path,
        info: VideoInfo,
        *,
        emotions: tuple[str, ...],
        recognises: bool,
    ) -> None:
        self.info = info
        self.emotions = emotions
        self.recognises = recognises
        with ExitStack() as stack:
            self._pending: list[AtomicFile] = []
            self._files: list[TextIO] = []
            for path in (faces, frames):
                with output_errors(path):
                    pending = AtomicFile(path)
                    stack.callback(pending.discard)
                    file = pending.writable.open("w", encoding="utf-8", newline="")
                self._pending.append(pending)
                self._files.append(stack.enter_context(file))
            self._stack = stack.pop_all()
        self._faces, self._frames = (csv.writer(f, lineterminator="\n") for f in self._files)
        self._faces.writerow([c.name for c in schema.faces_columns(emotions)])
        self._frames.writerow([c.name for c in schema.FRAMES_COLUMNS])

    def write(self, result: FrameResult) -> None:
        """Append the rows of one frame."""
        with output_errors(self._pending[0].path):
            index, time_s = result.frame.index, self.info.seconds(result.frame.pts)
            for face in result.faces:
                self._faces.writerow(_text(self._face_cells(index, time_s, face)))
            self._frames.writerow(_text(self._frame_cells(time_s, result)))

    def complete(self) -> None:
        """Put all rows on the disk: all but the files' names."""
        for pending, file in zip(self._pending, self._files, strict=True):
            with output_errors(pending.path):
                file.close()
                pending.seal()

    def publish(self) -> None:
        """Give both files their names."""
        for pending in self._pending:
            with output_errors(pending.path):
                pending.publish()

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what a full disk did not take is discarded all the same
            self._stack.close()

    def _face_cells(self, index: int, time_s: float, face: Face) -> list[Cell]:
        quality = face.quality
        return [
            index,
            _seconds(time_s),
            face.track_id,
            *_px(face.box),
            _prob(face.score),
            *_px(face.landmarks),
            *_label(face.identity),
            *_label(face.emotion),
            *self._probs(face.emotion),
            *_label(face.raw_identity),
            *_label(face.raw_emotion),
            *self._probs(face.raw_emotion),
            *(
                [None] * 4
                if quality is None
                else map(_prob, (quality.value, quality.size, quality.blur, quality.pose))
            ),
            face.source,
        ]

    def _probs(self, reading: Reading | None) -> list[Cell]:
        return [None] * len(self.emotions) if reading is None else [*map(_prob, reading.probs)]

    def _frame_cells(self, time_s: float, result: FrameResult) -> list[Cell]:
        names = sorted(
            {f.identity.label for f in result.faces if f.identity is not None} - {OTHER, UNKNOWN}
        )
        dominant, share = dominant_emotion(result.faces, self.emotions)
        return [
            result.frame.index,
            _seconds(time_s),
            result.frame.pts,
            len(result.faces),
            int(result.analysed),
            int(result.cut),
            int(bool(names)) if self.recognises else None,
            "|".join(names),
            dominant,
            _prob(share),
        ]


def dominant_emotion(
    faces: Sequence[Face], labels: tuple[str, ...]
) -> tuple[str | None, float | None]:
    """The expression with the most probability over all faces, and its share of it."""
    read = [f.emotion.probs for f in faces if f.emotion is not None]
    if not read:
        return None, None
    mean = np.mean(read, axis=0)
    best = int(mean.argmax())
    return labels[best], float(mean[best])


def _label(reading: Reading | None) -> tuple[Cell, Cell]:
    return (None, None) if reading is None else (reading.label, _prob(reading.prob))


def _px(values: np.ndarray) -> list[Cell]:
    return [_number(v, 2) for v in values.reshape(-1).tolist()]


def _prob(value: float | None) -> Cell:
    return _number(value, 4)


def _seconds(value: float) -> Cell:
    return _number(value, 6)


def _number(value: float | None, digits: int) -> Cell:
    """An empty cell says that there is no number."""
    return None if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _text(cells: Sequence[Cell]) -> list[Cell]:
    return ["" if c is None else c for c in cells]
