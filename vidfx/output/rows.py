"""The results of each frame as rows of the two CSV files."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import numpy as np

from vidfx import schema
from vidfx.errors import output_errors
from vidfx.stages.smooth import UNKNOWN
from vidfx.types import Face, FrameResult, Reading, VideoInfo
from vidfx_engines.files import AtomicFile
from vidfx_engines.spec import OTHER

Cell = str | int | float | None


class RowWriter:
    """Writes ``faces.csv`` and ``frames.csv`` of one video into two files, which it closes.

    The creator of the files gives them their names, or discards them. Raises OutputError.
    """

    def __init__(
        self,
        faces: AtomicFile,
        frames: AtomicFile,
        info: VideoInfo,
        *,
        emotions: tuple[str, ...],
        recognises: bool,
    ) -> None:
        self._info = info
        self._emotions = emotions
        self._recognises = recognises
        self._files = (faces, frames)
        with ExitStack() as stack, output_errors(faces.path):
            self._texts = [
                stack.enter_context(file.writable.open("w", encoding="utf-8", newline=""))
                for file in self._files
            ]
            self._stack = stack.pop_all()
        self._faces, self._frames = (csv.writer(t, lineterminator="\n") for t in self._texts)
        self._faces.writerow([c.name for c in schema.faces_columns(emotions)])
        self._frames.writerow([c.name for c in schema.FRAMES_COLUMNS])

    def write(self, result: FrameResult) -> None:
        """Append the rows of the next frame."""
        with output_errors(self._files[0].path):
            index, time_s = result.frame.index, self._info.seconds(result.frame.pts)
            for face in result.faces:
                self._faces.writerow(self._face_cells(index, time_s, face))
            self._frames.writerow(self._frame_cells(time_s, result))

    def complete(self) -> None:
        """Write all rows to the disk; the files still have their temporary names."""
        for file, text in zip(self._files, self._texts, strict=True):
            with output_errors(file.path):
                text.close()
                file.seal()

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # rows that a full disk did not take are discarded anyway
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
        return [None] * len(self._emotions) if reading is None else [*map(_prob, reading.probs)]

    def _frame_cells(self, time_s: float, result: FrameResult) -> list[Cell]:
        names = sorted(
            {f.identity.label for f in result.faces if f.identity and f.identity.label}
            - {OTHER, UNKNOWN}
        )
        dominant, share = _dominant_emotion(result.faces, self._emotions)
        return [
            result.frame.index,
            _seconds(time_s),
            result.frame.pts,
            len(result.faces),
            int(result.analysed),
            int(result.cut),
            int(bool(names)) if self._recognises else None,
            "|".join(names),
            dominant,
            _prob(share),
        ]


def _dominant_emotion(
    faces: Sequence[Face], labels: tuple[str, ...]
) -> tuple[str | None, float | None]:
    """The expression with the highest mean probability over all faces that have one, and that mean.

    None, None where no face has one.
    """
    read = [f.emotion.probs for f in faces if f.emotion and f.emotion.label]
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
    """The text of a number; None, an empty cell, for None, NaN and infinities."""
    return None if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
