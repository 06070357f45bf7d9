"""``NAME.faces.parquet`` and ``NAME.frames.parquet``: the CSVs, with types and units."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from vidfx import schema
from vidfx.export.writer import Writer
from vidfx.output.rows import Rows
from vidfx.saved.runs import SavedVideo
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

ROWS = 50_000
"""At least, in a row group."""
TYPES: dict[schema.Type, str] = {"Int64": "int64", "float64": "float64", "string": "string"}


class _Parquet(Writer):
    """Writes a row group once it has enough rows. An empty cell is null.

    Each column has its unit and its meaning in its metadata.
    """

    def __init__(self, video: SavedVideo, file: AtomicFile) -> None:
        super().__init__(video, file)
        self._arrow: Any = import_module("pyarrow")
        self._csv: Any = import_module("pyarrow.csv")
        columns = self._columns()
        fields = [
            self._arrow.field(
                column.name,
                getattr(self._arrow, TYPES[column.type])(),
                metadata={"unit": column.unit, "meaning": column.meaning},
            )
            for column in columns
        ]
        self._schema: Any = self._arrow.schema(fields)
        self._writer: Any = import_module("pyarrow.parquet").ParquetWriter(
            str(self.path), self._schema, compression="zstd"
        )
        self._lines: list[str] = []
        self._rows = Rows(self._emotions, recognises=video.recognises, named=self._name is not None)

    @property
    def _emotions(self) -> tuple[str, ...]:
        return self.video.expressions or schema.DEFAULT_EMOTIONS

    @property
    def _name(self) -> str | None:
        """Of the input, where its rows begin with it."""
        named = schema.FILE_COLUMN.name in self.video.summary.get("columns", {}).get("faces", {})
        return str(self.video.summary["input"]["path"]) if named else None

    @abstractmethod
    def _columns(self) -> Sequence[schema.Column]: ...

    @abstractmethod
    def _new(self, settled: Settled) -> Iterator[str]:
        """Lines of CSV."""

    def add(self, settled: Settled) -> None:
        self._lines += self._new(settled)
        if len(self._lines) >= ROWS:
            self._write()

    def finish(self) -> None:
        self._write()
        self._writer.close()

    def close(self) -> None:
        with suppress(Exception):  # what is not finished is discarded
            self._writer.close()

    def _write(self) -> None:
        if not self._lines:
            return
        table = self._csv.read_csv(
            io.BytesIO("".join(self._lines).encode()),
            self._csv.ReadOptions(column_names=self._schema.names, use_threads=False),
            self._csv.ParseOptions(newlines_in_values=True),
            self._csv.ConvertOptions(
                column_types=self._schema, null_values=[""], strings_can_be_null=True
            ),
        )
        self._writer.write_table(table.cast(self._schema))
        self._lines = []


class FacesParquet(_Parquet):
    """``NAME.faces.parquet``."""

    def _columns(self) -> Sequence[schema.Column]:
        return schema.faces_columns(self._emotions, file=self._name is not None)

    def _new(self, settled: Settled) -> Iterator[str]:
        return self._rows.faces(settled, self._name)


class FramesParquet(_Parquet):
    """``NAME.frames.parquet``."""

    def _columns(self) -> Sequence[schema.Column]:
        return schema.frames_columns(file=self._name is not None)

    def _new(self, settled: Settled) -> Iterator[str]:
        return self._rows.frames(settled, self._name)
