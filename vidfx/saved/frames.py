"""The frames and faces of results, read from their CSVs side by side, some at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from vidfx import schema
from vidfx.errors import InputError
from vidfx.people.people_file import People
from vidfx.saved.named import named
from vidfx.saved.runs import AGAIN
from vidfx.stages.certainty import NO_LABEL, REASONS
from vidfx.stages.observed import ObservedFrame
from vidfx.stages.settled import (
    NO_UNSHOWN,
    SOURCES,
    Expressions,
    Labels,
    Settled,
    SettledFaces,
    UnshownFaces,
)
from vidfx.types import Frame

TOGETHER = 256
"""Frames that are read in one step."""


class Tables(Protocol):
    """The CSVs of a video, and what they have columns for; a SavedVideo has them."""

    @property
    def faces(self) -> Path: ...
    @property
    def frames(self) -> Path: ...
    @property
    def unshown(self) -> Path | None: ...
    @property
    def recognises(self) -> bool: ...
    @property
    def expressions(self) -> tuple[str, ...] | None: ...
    @property
    def people(self) -> People | None: ...


def read_settled(video: Tables) -> Iterator[Settled]:
    """All frames with their faces, in order, as they were written; memory does not grow.

    Tracks that `vidfx people` named since have these names.

    The frames have no pixels. Raises InputError where a table is damaged.
    """
    with ExitStack() as stack:
        frames = stack.enter_context(_Table(video.frames))
        faces = _ByFrame(stack.enter_context(_Table(video.faces)))
        unshown = _ByFrame(stack.enter_context(_Table(video.unshown))) if video.unshown else None
        while some := frames.rows(TOGETHER):
            rows = _Rows(frames, some)
            observed = _frames(rows)
            place, cells = faces.next(observed)
            if np.bincount(place, minlength=len(some)).tolist() != rows.numbers("faces").tolist():
                raise faces.table.damaged("a frame has another number of faces in the other table")
            found = _unshown(*unshown.next(observed)) if unshown else NO_UNSHOWN
            yield named(Settled(observed, place, _faces(cells, video), found), video.people)
        for table in (faces, unshown):
            if table:
                table.check_end()


def _no_pixels() -> np.ndarray:
    raise RuntimeError("the frames of saved results have no pixels")


def _frames(rows: _Rows) -> list[ObservedFrame]:
    index, pts, detected, cut = (
        rows.numbers(name, np.int64).tolist() for name in ("frame", "pts", "detected", "cut")
    )
    times: list[float] = rows.numbers("time_s").tolist()
    return [
        ObservedFrame(Frame(number, ticks, _no_pixels), time_s, bool(ran), bool(new))
        for number, ticks, time_s, ran, new in zip(index, pts, times, detected, cut, strict=True)
    ]


class _Table:
    """A CSV file that is read row by row."""

    def __init__(self, path: Path) -> None:
        """Raises InputError."""
        self.path = path
        try:
            self._file = path.open(newline="", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}", hint=AGAIN) from error
        self._reader = csv.reader(self._file)
        self.line = 0
        header = self.next_row() or ()
        names = [schema.VERSION_1_NAMES.get(name, name) for name in header]
        self.place = {name: number for number, name in enumerate(names)}

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self, count: int) -> list[list[str]]:
        """The next rows, ``count`` at most."""
        try:
            some = list(islice(self._reader, count))
        except (csv.Error, UnicodeDecodeError, OSError) as error:
            raise self.damaged(str(error)) from error
        self.line += len(some)
        return some

    def next_row(self) -> list[str] | None:
        """None at the end."""
        return next(iter(self.rows(1)), None)

    def damaged(self, why: str) -> InputError:
        return InputError(f"{self.path}: damaged near line {self.line}: {why}", hint=AGAIN)


class _Rows:
    """Some rows of a table, by column."""

    def __init__(self, table: _Table, rows: Sequence[Sequence[str]]) -> None:
        """Raises InputError."""
        self.table_of = table
        self._count = len(rows)
        if any(len(row) != len(table.place) for row in rows):
            raise table.damaged("a row has another number of cells than the header")
        self._columns = list(zip(*rows, strict=True)) or [()] * len(table.place)

    def texts(self, name: str) -> Sequence[str]:
        """Empty where there is no such column."""
        place = self.table_of.place.get(name)
        return ("",) * self._count if place is None else self._columns[place]

    def numbers(self, name: str, kind: type[np.generic] = np.float64) -> np.ndarray:
        """(N,); NaN for empty cells, which whole numbers must not have. Raises InputError."""
        cells = self.texts(name)
        try:
            if kind is np.int64:
                return np.array([int(cell) for cell in cells], np.int64)
            return np.array([float(cell or "nan") for cell in cells], kind)
        except (ValueError, OverflowError) as error:
            raise self.table_of.damaged(f"{name}: {error}") from error

    def table(self, names: Sequence[str], kind: type[np.generic] = np.float64) -> np.ndarray:
        """(N, C) of these columns."""
        columns = [self.numbers(name, kind) for name in names]
        return np.stack(columns, 1) if columns else np.zeros((self._count, 0), kind)

    def indices(self, name: str, among: Sequence[str], *, empty: int) -> np.ndarray:
        """(N,) int64 places of the cells in ``among``. Raises InputError for any other cell."""
        places = {text: number for number, text in enumerate(among)} | {"": empty}
        try:
            return np.array([places[cell] for cell in self.texts(name)], np.int64)
        except KeyError as error:
            raise self.table_of.damaged(
                f"{name}: {error} is not one of {', '.join(among)}"
            ) from None


class _ByFrame:
    """Reads the rows of frames that follow each other."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self._next: list[str] | None = table.next_row()

    def next(self, frames: Sequence[ObservedFrame]) -> tuple[np.ndarray, _Rows]:
        """Those of ``frames``, and (N,) the place of the frame of each. Raises InputError."""
        rows: list[list[str]] = []
        last = frames[-1].frame.index
        while self._next is not None and self._frame_of(self._next) <= last:
            rows.append(self._next)
            self._next = self.table.next_row()
        cells = _Rows(self.table, rows)
        numbers = np.array([frame.frame.index for frame in frames], np.int64)
        of = cells.numbers("frame", np.int64)
        place = np.searchsorted(numbers, of).clip(max=len(numbers) - 1)
        if (np.diff(of) < 0).any() or (numbers[place] != of).any():
            raise self.table.damaged("its frames are not those of the other table")
        return place, cells

    def check_end(self) -> None:
        """All rows were read. Raises InputError."""
        if self._next is not None:
            raise self.table.damaged("it has faces after the last frame")

    def _frame_of(self, row: Sequence[str]) -> int:
        try:
            return int(row[self.table.place["frame"]])
        except (KeyError, IndexError, ValueError) as error:
            raise self.table.damaged("a row has no number of a frame") from error


def _boxes(cells: _Rows) -> np.ndarray:
    """(N, 4). Raises InputError where one has no number."""
    boxes = cells.table([f"{side}_px" for side in ("x1", "y1", "x2", "y2")], np.float32)
    if not np.isfinite(boxes).all():
        raise cells.table_of.damaged("a box is not complete")
    return boxes


def _unshown(place: np.ndarray, cells: _Rows) -> UnshownFaces:
    return UnshownFaces(place, _boxes(cells), cells.numbers("score", np.float32))


def _faces(cells: _Rows, video: Tables) -> SettledFaces:
    points = [f"{name}_{axis}_px" for name in schema.LANDMARKS for axis in "xy"]
    quality = [f"quality_{part}" for part in ("size", "blur", "pose")]
    emotions, recognises = video.expressions, video.recognises
    reason = None if emotions is None else cells.indices("emotion_reason", REASONS, empty=0)
    return SettledFaces(
        track=cells.numbers("track_id", np.int64),
        box=_boxes(cells),
        landmarks=cells.table(points, np.float32).reshape(-1, len(points) // 2, 2),
        source=cells.indices("source", SOURCES, empty=0),
        score=cells.numbers("score", np.float32),
        quality=cells.table(quality),
        identity=_names(cells, "identity") if recognises else None,
        emotion=None if emotions is None else _expressions(cells, "", emotions),
        emotion_reason=reason,
        raw_identity=_names(cells, "raw_identity") if recognises else None,
        raw_emotion=None if emotions is None else _expressions(cells, "raw_", emotions),
        person=_people(cells),
    )


def _people(cells: _Rows) -> np.ndarray | None:
    """The numbers of the persons; None where no row has one."""
    if not any(texts := cells.texts("person_id")):
        return None
    try:
        return np.array([int(text or 0) for text in texts], np.int64)
    except (ValueError, OverflowError) as error:
        raise cells.table_of.damaged(f"person_id: {error}") from error


def _names(cells: _Rows, column: str) -> Labels:
    """Those that these rows have, in alphabetical order."""
    names = tuple(sorted({*cells.texts(column)} - {""}))
    index = cells.indices(column, names, empty=NO_LABEL)
    return Labels(names, index, cells.numbers(f"{column}_prob"))


def _expressions(cells: _Rows, prefix: str, emotions: tuple[str, ...]) -> Expressions:
    return Expressions(
        emotions,
        cells.indices(f"{prefix}emotion", emotions, empty=NO_LABEL),
        cells.numbers(f"{prefix}emotion_prob"),
        cells.table([f"{prefix}p_{name}" for name in emotions]),
    )
