"""The results of frames as rows of the two CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress

import numpy as np

from vidfx import schema
from vidfx.errors import output_errors
from vidfx.output.csv_lines import Columns, cell
from vidfx.stages.certainty import NO_LABEL
from vidfx.stages.settled import Expressions, Labels, Settled
from vidfx_engines.files import AtomicFile

PX, SHARE = 2, 4
"""Digits after the point."""


class RowWriter:
    """Writes ``faces.csv``, ``frames.csv`` and ``unshown.csv`` of one video, and closes them.

    The creator of the files gives them their names, or discards them. ``name`` is of the input, for
    each row; None: no such column. Raises OutputError.
    """

    def __init__(
        self,
        faces: AtomicFile,
        frames: AtomicFile,
        unshown: AtomicFile,
        *,
        emotions: tuple[str, ...],
        recognises: bool,
        name: str | None = None,
    ) -> None:
        self._name = name
        self._rows = Rows(emotions, recognises=recognises, named=name is not None)
        self._files = (faces, frames, unshown)
        with ExitStack() as stack, output_errors(faces.path):
            self._texts = [
                stack.enter_context(file.writable.open("w", encoding="utf-8", newline=""))
                for file in self._files
            ]
            self._stack = stack.pop_all()
        self.types = self._rows.types
        headers = *self._rows.headers, self._rows.header_of_unshown
        for file, header in zip(self._texts, headers, strict=True):
            file.write(header)

    def write(self, settled: Settled) -> None:
        """Append the rows of the next frames."""
        kinds = self._rows.faces, self._rows.frames, self._rows.unshown
        rows = [lines_of(settled, self._name) for lines_of in kinds]
        for file, text, lines in zip(self._files, self._texts, rows, strict=True):
            with output_errors(file.path):
                text.writelines(lines)

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


class Rows:
    """The lines of the CSV files. With ``named`` each begins with a cell for the input's name."""

    def __init__(self, emotions: tuple[str, ...], *, recognises: bool, named: bool) -> None:
        self._emotions = emotions
        self._recognises = recognises
        columns = schema.faces_columns(emotions, file=named), schema.frames_columns(file=named)
        self.types = {
            kind: {column.name: column.type for column in some}
            for kind, some in zip(("faces", "frames"), columns, strict=True)
        }
        "of the columns of both files"
        self.headers = [",".join(cell(c.name) for c in some) + "\n" for some in columns]
        "the first line of faces and frames"
        names = [c.name for c in schema.unshown_columns(file=named)]
        self.header_of_unshown = ",".join(names) + "\n"

    def faces(self, settled: Settled, name: str | None) -> Iterator[str]:
        """A line for each face."""
        faces, columns, begin = settled.faces, Columns(), _first_cell(name)
        times = [f"{begin}{f.frame.index},{f.time_s:.6f}" for f in settled.frames]
        columns.add_cells([times[i] for i in settled.places])
        columns.add_numbers(faces.track[:, None], 0)
        columns.add_numbers(faces.box, PX)
        columns.add_numbers(faces.score[:, None], SHARE)
        columns.add_numbers(faces.landmarks.reshape(-1, 10), PX)
        self._add_labels(columns, faces.identity, len(faces))
        self._add_labels(columns, faces.emotion, len(faces))
        columns.add_cells(faces.emotion_reasons())
        self._add_probabilities(columns, faces.emotion, len(faces))
        self._add_labels(columns, faces.raw_identity, len(faces))
        self._add_labels(columns, faces.raw_emotion, len(faces))
        self._add_probabilities(columns, faces.raw_emotion, len(faces))
        quality = np.concatenate([faces.quality.prod(1, keepdims=True), faces.quality], 1)
        columns.add_numbers(quality, SHARE)
        columns.add_cells(faces.sources())
        person = np.zeros(len(faces)) if faces.person is None else faces.person
        columns.add_numbers(np.where(person > 0, person, np.nan)[:, None], 0)
        return columns.lines()

    @staticmethod
    def _add_labels(columns: Columns, labels: Labels | None, count: int) -> None:
        if labels is None:
            columns.add_cells([","] * count)
            return
        columns.add_cells([cell(text or "") for text in labels.texts()])
        columns.add_numbers(labels.prob[:, None], SHARE)

    def _add_probabilities(self, columns: Columns, emotion: Expressions | None, count: int) -> None:
        if emotion is None:
            columns.add_cells(["," * (len(self._emotions) - 1)] * count)
        else:
            columns.add_numbers(emotion.probs, SHARE)

    def unshown(self, settled: Settled, name: str | None) -> Iterator[str]:
        """A line for each detection that is in no row."""
        found, columns, begin = settled.unshown, Columns(), _first_cell(name)
        times = [f"{begin}{f.frame.index},{f.time_s:.6f}" for f in settled.frames]
        places: list[int] = found.place.tolist()
        columns.add_cells([times[i] for i in places])
        columns.add_numbers(found.box, PX)
        columns.add_numbers(found.score[:, None], SHARE)
        return columns.lines()

    def frames(self, settled: Settled, name: str | None) -> Iterator[str]:
        """A line for each frame."""
        columns, begin = Columns(), _first_cell(name)
        cells: list[str] = []
        lines = zip(
            settled.frames,
            settled.counts.tolist(),
            _unsure(settled),
            _people(settled),
            strict=True,
        )
        for f, count, unsure, names in lines:
            first = f"{begin}{f.frame.index},{f.time_s:.6f},{f.frame.pts},{count},{unsure}"
            present = int(bool(names)) if self._recognises else ""
            cells.append(
                f"{first},{f.analysed:d},{f.cut:d},{present},{cell('|'.join(sorted(names)))}"
            )
        columns.add_cells(cells)
        self._add_labels(columns, _dominant_emotions(settled), len(settled.frames))
        return columns.lines()


def _first_cell(name: str | None) -> str:
    """The name and a comma; bytes of it that are not UTF-8 become the escapes of JSON."""
    return "" if name is None else f"{cell(name.encode(errors='backslashreplace').decode())},"


def _unsure(settled: Settled) -> list[int] | list[str]:
    """The number of faces without an expression on each frame, or empty cells."""
    emotion = settled.faces.emotion
    if emotion is None:
        return [""] * len(settled.frames)
    place = settled.place[emotion.index == NO_LABEL]
    counts: list[int] = np.bincount(place, minlength=len(settled.frames)).tolist()
    return counts


def _people(settled: Settled) -> list[set[str]]:
    """The names of the people on each frame."""
    found: list[set[str]] = [set() for _ in settled.frames]
    labels = settled.faces.identity
    if labels:
        for place, name, is_person in zip(
            settled.places, labels.texts(), labels.are_people().tolist(), strict=True
        ):
            if name and is_person:
                found[place].add(name)
    return found


def _dominant_emotions(settled: Settled) -> Labels | None:
    """Of each frame the expression with the highest mean probability over all faces that have one,
    and that mean; none where no face has one.
    """
    emotion = settled.faces.emotion
    if emotion is None:
        return None
    chosen = emotion.index != NO_LABEL
    place = settled.place[chosen]
    mean = np.zeros((len(settled.frames), len(emotion.names)))
    np.add.at(mean, place, emotion.probs[chosen])
    count = np.bincount(place, minlength=len(mean))
    mean[count > 0] /= count[count > 0, None]
    none = count == 0
    best = mean.argmax(1)
    return Labels(
        emotion.names,
        np.where(none, NO_LABEL, best),
        np.where(none, np.nan, mean[np.arange(len(best)), best]),
    )
