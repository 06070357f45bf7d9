"""The faces of a video by track, for formats that list one track after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidfx.export.writer import what
from vidfx.output.spans import spans
from vidfx.stages.settled import INTERPOLATED, Settled

ROW = np.dtype(
    [
        ("frame", np.int64),
        ("time_s", np.float64),
        ("box", np.float32, 4),
        ("measured", np.bool_),
        ("label", np.int32),
    ]
)


@dataclass(frozen=True)
class TrackRows:
    """One track."""

    number: int
    identity: str | None
    "the latest"
    frame: np.ndarray
    "(N,) int64 index of the frame, rising"
    time_s: np.ndarray
    "(N,) float64"
    box: np.ndarray
    "(N, 4) float32 xyxy px"
    is_key: np.ndarray
    "(N,) bool: measured on this frame, or the first or last row of a span"
    ends: np.ndarray
    "(N,) bool: the track is not on the next frame"
    labels: list[str | None]
    "(N,) expressions"


class TrackFile:
    """Keeps the rows of all tracks in a temporary file; only where they are is in memory."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - close() closes it
        self._places: dict[int, list[tuple[int, int]]] = {}
        "first row and number of rows of each piece, by track"
        self._rows = 0
        self._labels: dict[str | None, int] = {}
        self._identities: dict[int, str | None] = {}
        self.first = 0
        "index of the first frame"
        self.last = -1
        "index of the last frame"

    def add(self, settled: Settled) -> None:
        """Raises OSError."""
        frames = settled.frames
        self.first = self.first if self.last >= 0 else frames[0].frame.index
        self.last = frames[-1].frame.index
        faces = settled.faces
        rows = np.zeros(len(faces), ROW)
        rows["frame"] = np.array([f.frame.index for f in frames], np.int64)[settled.place]
        rows["time_s"] = np.array([f.time_s for f in frames])[settled.place]
        rows["box"] = faces.box
        rows["measured"] = faces.source != INTERPOLATED
        texts = what(settled)
        for text in texts:
            self._labels.setdefault(text, len(self._labels))
        rows["label"] = [self._labels[text] for text in texts]
        if faces.identity:
            self._identities.update(zip(faces.track.tolist(), faces.identity.texts(), strict=True))
        order = np.argsort(faces.track, kind="stable")
        if not len(rows):
            return
        numbers, starts = np.unique(faces.track[order], return_index=True)
        ends = [*starts[1:].tolist(), len(rows)]
        for number, start, end in zip(numbers.tolist(), starts.tolist(), ends, strict=True):
            places = self._places.setdefault(number, [])
            places.append((self._rows + start, end - start))
        self._file.write(rows[order].tobytes())
        self._rows += len(rows)

    def tracks(self) -> Iterator[TrackRows]:
        """By number. Raises OSError."""
        texts = list(self._labels)
        for number in sorted(self._places):
            rows = np.concatenate([self._read(*place) for place in self._places[number]])
            begins, ends = (np.isin(np.arange(len(rows)), one) for one in spans(rows["frame"]))
            yield TrackRows(
                number,
                self._identities.get(number),
                *(rows[name] for name in ("frame", "time_s", "box")),
                is_key=rows["measured"] | begins | ends,
                ends=ends,
                labels=[texts[label] for label in rows["label"].tolist()],
            )

    def _read(self, first: int, count: int) -> np.ndarray:
        self._file.seek(first * ROW.itemsize)
        return np.frombuffer(self._file.read(count * ROW.itemsize), ROW)

    def close(self) -> None:
        self._file.close()
