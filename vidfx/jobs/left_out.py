"""Files that were found and are not inputs: each kind is reported in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vidfx.jobs.photographs import PHOTOGRAPHS, is_annotated_picture
from vidfx.jobs.result_names import DRAWN, RENDER_RECORD, RENDER_RESULTS, RESULTS, SUMMARY
from vidfx.suffixes import ANNOTATED_PICTURE, IMAGE_SUFFIXES

BESIDE_MEDIA = frozenset(
    [
        *(".ass", ".cfg", ".csv", ".db", ".html", ".idx", ".ini", ".json", ".log", ".lst", ".md"),
        *(".nfo", ".srt", ".ssa", ".sub", ".toml", ".tsv", ".txt", ".vtt", ".xml", ".yaml", ".yml"),
    ]
)
"""Texts beside media, which need no report: subtitles, notes, tables, files of cameras."""
_UP = [[".."] * count for count in range(8)]
_MOST = 8
"""Endings or names in one line."""


def is_result(path: Path) -> bool:
    """Whether it is a result of an earlier run: its summary is beside it, or above a picture."""
    if is_annotated_picture(path.name) and path.suffix.lower() in IMAGE_SUFFIXES:
        return any(path.parent.joinpath(*up, PHOTOGRAPHS + SUMMARY).is_file() for up in _UP)
    return any(
        path.with_name(path.name.removesuffix(end) + last).is_file()
        for ends, last in ((RESULTS, SUMMARY), (RENDER_RESULTS, RENDER_RECORD))
        for end in ends
        if path.name.endswith(end)
    )


@dataclass
class LeftOutFiles:
    """Counts what was found and not taken."""

    endings: Counter[str] = field(default_factory=Counter[str])
    results: list[str] = field(default_factory=list[str])
    "of earlier runs, which were named beside other inputs"

    def add(self, name: str) -> None:
        """A file of a folder, unless its name says that it is a text."""
        drawn = next((end for end in DRAWN if name.endswith(end)), None)
        ending = drawn or Path(name).suffix.lower()
        if not drawn and is_annotated_picture(name):
            ending = ANNOTATED_PICTURE + ending
        if ending not in BESIDE_MEDIA:
            self.endings[ending or "no ending"] += 1

    def lines(self) -> Iterator[str]:
        if self.endings:
            kinds = [f"{ending} ({n})" for ending, n in self.endings.most_common()]
            count = _were(self.endings.total(), "file")
            yield f"{count} not taken: {_some(kinds)}; name them to read them"
        if self.results:
            yield (
                f"{_were(len(self.results), 'result', ' of an earlier run')} not taken:"
                f" {_some(self.results)}; name them alone to read them"
            )


def _were(count: int, kind: str, which: str = "") -> str:
    return f"{count} {kind}{which} was" if count == 1 else f"{count} {kind}s{which} were"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST
    return ", ".join([*names[:_MOST], *([f"and {more} more"] if more > 0 else [])])
