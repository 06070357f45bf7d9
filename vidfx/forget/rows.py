"""Somebody out of the lines of a table: faces.csv, frames.csv, and those of photographs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from vidfx.forget.names import Names
from vidfx.output.csv_lines import cell
from vidfx.people.names import folded
from vidfx.people.people_file import OTHER


class Rows:
    """Changes the lines of one table: the person is nobody that is known, as all others are."""

    def __init__(self, header: str, names: Names) -> None:
        """``header`` is the first line."""
        self._names = names
        self._place = {name: place for place, name in enumerate(next(csv.reader([header]), ()))}
        self._texts = [text.replace('"', '""') for text in names.folded]
        self.changed = 0
        "lines so far"
        self.deserted = 0
        "frames that show nobody with a name any more"

    def without(self, line: str) -> str:
        """``line``, with its end; the same where it does not name the person."""
        text = folded(line)
        if not any(name in text for name in self._texts):
            return line
        before = next(csv.reader([line]))
        cells = [*before]
        for column in ("identity", "raw_identity"):
            place = self._place.get(column, len(cells))
            if place < len(cells) and self._names.has(cells[place]):
                cells[place], cells[self._place[f"{column}_prob"]] = OTHER, ""
        self._leave(cells)
        if cells == before:
            return line
        self.changed += 1
        return ",".join(map(cell, cells)) + "\n"

    def _leave(self, cells: list[str]) -> None:
        place = self._place.get("identities", len(cells))
        if place >= len(cells) or not cells[place]:
            return
        cells[place] = "|".join(n for n in cells[place].split("|") if not self._names.has(n))
        if not cells[place]:
            present = self._place["target_present"]
            cells[present] = cells[present] and "0"
            self.deserted += 1


def whole_lines(texts: Iterable[str]) -> Iterator[str]:
    """The lines of a CSV; a cell in quotes may have ends of lines."""
    some = ""
    for text in texts:
        some += text
        if some.count('"') % 2 == 0:
            yield some
            some = ""
    if some:
        yield some
