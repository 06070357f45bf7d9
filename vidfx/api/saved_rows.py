"""The rows of finished results, whether of a video or of photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

from vidfx import schema
from vidfx.api.table import TableBuilder
from vidfx.corrections.read import corrected
from vidfx.errors import InputError, UsageError
from vidfx.output.read_rows import read_rows
from vidfx.output.rows import Rows
from vidfx.output.summary import read_summary
from vidfx.saved.runs import AGAIN, load_video
from vidfx.stages.settled import Settled
from vidfx.tables.summaries import read_expressions

Kind = Literal["faces", "frames"]
_Lines = Callable[[Settled, str | None], Iterator[str]]


def columns_of(kind: Kind, emotions: Sequence[str], *, named: bool) -> list[schema.Column]:
    """The columns of a table for these expressions; ``named``: with the name of the input."""
    if kind == "faces":
        return schema.faces_columns(emotions, file=named)
    return schema.frames_columns(file=named)


class SavedRows:
    """What one summary describes. Raises InputError where it cannot be read."""

    def __init__(self, summary: Path) -> None:
        self._summary = summary
        content = read_summary(summary)
        if content is None:
            raise InputError(f"{summary}: not a summary that this version can read", hint=AGAIN)
        columns = content.get("columns", {}).get("faces", {})
        self.named = schema.FILE_COLUMN.name in columns
        "each row begins with the name of its input"
        self._are_photographs = "photographs" in content
        named = [name.removeprefix("p_") for name in columns if name.startswith("p_")]
        self.expressions = tuple(named or read_expressions(summary)) or schema.DEFAULT_EMOTIONS

    def add_to(self, builder: TableBuilder, kind: Kind, name: str) -> None:
        """Add all rows; ``name`` is that of the video. Raises InputError."""
        columns = columns_of(kind, self.expressions, named=self.named)
        try:
            if self._are_photographs:
                table = self._summary.with_name(f"photos.{kind}.csv")
                rows = (list(row.values()) for row in read_rows(table))
                builder.add(columns, rows, video=name)
            else:
                builder.add_lines(columns, self._lines(kind), video=name)
        except (ValueError, UsageError) as error:
            raise InputError(f"{self._summary}: damaged: {error}", hint=AGAIN) from error

    def _lines(self, kind: Kind) -> Iterator[str]:
        video = load_video(self._summary)
        rows = Rows(self.expressions, recognises=video.recognises, named=self.named)
        lines_of: _Lines = rows.faces if kind == "faces" else rows.frames
        name = str(video.summary["input"]["path"]) if self.named else None
        return chain.from_iterable(lines_of(settled, name) for settled in corrected(video))
