"""A table in memory: columns of NumPy arrays, with types, units and meanings."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np

from vidfx.errors import UnavailableError
from vidfx.schema import Column

Cell = str | int | float | None
ROWS = 20_000
"""That are converted together."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of results, by column.

    ``table["time_s"]`` is an array (N,): float64, with NaN where a cell is empty; int64, masked
    where cells are empty; or objects, each a str or None. ``columns`` has the name, type, unit and
    meaning of each. polars, pyarrow and whatever else knows the Arrow C interface take a Table as
    it is.

    Examples:
        >>> faces = vidfx.read("results").faces
        >>> len(faces) == len(faces["time_s"]), faces["time_s"].dtype, faces.units["x1_px"]
        (True, dtype('float64'), 'px')
    """

    columns: tuple[Column, ...]
    arrays: Mapping[str, np.ndarray]
    "(N,) each, by name"

    def __getitem__(self, name: str) -> np.ndarray:
        """The column ``name``, (N,). Raises KeyError."""
        return self.arrays[name]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return iter(self.arrays)

    def __repr__(self) -> str:
        return f"Table of {len(self)} rows: {', '.join(self)}"

    @property
    def units(self) -> dict[str, str]:
        """The unit of each column, by name, as docs/columns.md has them."""
        return {column.name: column.unit for column in self.columns}

    def to_numpy(self) -> np.ndarray:
        """A structured array (N,), masked where whole numbers are missing."""
        kinds = [(name, array.dtype) for name, array in self.arrays.items()]
        masked = any(isinstance(array, np.ma.MaskedArray) for array in self.arrays.values())
        rows = np.ma.empty(len(self), kinds) if masked else np.empty(len(self), kinds)
        for name, array in self.arrays.items():
            rows[name] = array
        return rows

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with columns Int64, float64 and string; units in ``attrs``.

        Raises UnavailableError where pandas is not installed.
        """
        pandas = _library("pandas")
        frame = pandas.DataFrame(
            {c.name: pandas.array(_listed(self[c.name]), dtype=c.type) for c in self.columns}
        ).astype({c.name: "float64" for c in self.columns if c.type == "float64"})
        frame.attrs["units"] = self.units
        return frame

    def to_polars(self) -> Any:
        """A polars.DataFrame. Raises UnavailableError where polars is not installed."""
        polars = _library("polars")
        kinds = {"Int64": polars.Int64, "float64": polars.Float64, "string": polars.String}
        return polars.DataFrame(
            [polars.Series(c.name, _listed(self[c.name]), kinds[c.type]) for c in self.columns]
        )

    def to_arrow(self) -> Any:
        """A pyarrow.Table; each column has its unit and meaning in its metadata.

        Raises UnavailableError where pyarrow is not installed.
        """
        arrow = _library("pyarrow")
        kinds = {"Int64": arrow.int64(), "float64": arrow.float64(), "string": arrow.string()}
        fields = [
            arrow.field(c.name, kinds[c.type], metadata={"unit": c.unit, "meaning": c.meaning})
            for c in self.columns
        ]
        cells = [arrow.array(_listed(self[f.name]), f.type, from_pandas=True) for f in fields]
        return arrow.Table.from_arrays(cells, schema=arrow.schema(fields))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _listed(array: np.ndarray) -> Any:
    """What every library takes: an array, or a list with None where a cell is empty."""
    return array if array.dtype == np.float64 else array.tolist()


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise UnavailableError(f"{name} is not installed", hint=f"pip install {name}") from error


class TableBuilder:
    """Collects rows of several sources with columns of their own."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._parts: list[dict[str, np.ndarray]] = []

    def add(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], **same: Cell) -> None:
        """Add rows with these columns; ``same`` are cells that all of them have.

        Raises ValueError for a cell of the wrong type.
        """
        rows = iter(rows)
        names = [column.name for column in columns]
        while some := list(islice(rows, ROWS)):
            cells = dict(zip(names, zip(*some, strict=True), strict=True))
            self._parts.append(
                {
                    c.name: _array(cells.get(c.name, [same.get(c.name)] * len(some)), c)
                    for c in self._columns
                }
            )

    def add_lines(self, columns: Sequence[Column], lines: Iterable[str], **same: Cell) -> None:
        """See ``add``, for lines of CSV."""
        self.add(columns, csv.reader(lines), **same)

    def table(self) -> Table:
        parts = self._parts or [{c.name: _array((), c) for c in self._columns}]
        arrays = {c.name: _joined([part[c.name] for part in parts]) for c in self._columns}
        return Table(self._columns, arrays)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        masked: Any = np.ma  # whose functions have no types
        return masked.concatenate(parts)
    return np.concatenate(parts)


def _array(cells: Sequence[Cell], column: Column) -> np.ndarray:
    """(N,) in the type of the column; None and empty texts are empty cells."""
    missing = [cell is None or cell == "" for cell in cells]
    if column.type == "string":
        found = np.full(len(cells), None, object)
        found[:] = [None if m else str(cell) for m, cell in zip(missing, cells, strict=True)]
        return found
    if column.type == "float64":
        values = (np.nan if m else cell for m, cell in zip(missing, cells, strict=True))
        return np.array([float(v) for v in values if v is not None], np.float64)
    whole = [0 if m or cell is None else int(cell) for m, cell in zip(missing, cells, strict=True)]
    numbers = np.array(whole, np.int64)
    return np.ma.masked_array(numbers, missing) if any(missing) else numbers
