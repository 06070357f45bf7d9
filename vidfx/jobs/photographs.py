"""Photographs: pictures that are annotated each on its own, all into the tables of one folder."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from vidfx.jobs.content import content_hash
from vidfx.jobs.result_names import SUMMARY
from vidfx.notation import natural_order
from vidfx.suffixes import ANNOTATED_PICTURE, WRITABLE_PICTURES

PHOTOGRAPHS = "photos"
"""Their tables are ``photos.faces.csv``, ``photos.frames.csv`` and ``photos.summary.json``."""


class State(Struct, frozen=True):
    """What another picture under the same name would have differently."""

    size: int
    "bytes"
    modified_ns: int
    content: str
    "see content_hash; a new date alone is no new picture"


class Photograph(Struct, frozen=True):
    """A picture, and where it is drawn."""

    source: Path
    file: str
    "its path below the folder that the user named, as in the tables"
    result: Path

    @property
    def summary(self) -> Path:
        """Where its summary would be, which it does not have: its corrections are beside this."""
        return self.result.with_name(Path(self.file).name + SUMMARY)

    def state(self) -> State:
        """Raises OSError."""
        facts = self.source.stat()
        return State(facts.st_size, facts.st_mtime_ns, content_hash([self.source]))

    def has(self, state: State) -> bool:
        """Whether it has not changed since. Raises OSError."""
        facts = self.source.stat()
        if facts.st_size != state.size or facts.st_mtime_ns == state.modified_ns:
            return facts.st_size == state.size
        return content_hash([self.source]) == state.content


class Making(Struct, frozen=True, tag=True):
    """What all rows of the tables have in common."""

    work: dict[str, Any]
    "settings, messages and models: rows of other work are not in the same tables"
    models: list[dict[str, Any]]
    "for people"
    headers: list[str]
    "first lines of both tables"
    columns: dict[str, dict[str, str]]
    "their types"


class PhotographRecord(Struct, frozen=True, tag=True):
    """What became of a photograph: its rows in the tables, and what they were made of."""

    file: str
    source: str
    "absolute path"
    state: State
    width: int
    height: int
    "px"
    bytes: int | None
    "of the annotated picture; None where none was wanted"
    faces: int
    face_lines: str
    "of photos.faces.csv"
    frame_lines: str
    "of photos.frames.csv"
    corrections: str | None = None
    "hash of those that the annotated picture has; None: it has none"
    privacy: dict[str, Any] | None = None
    "what was hidden in it; None: nobody"

    def is_of(self, photograph: Photograph) -> bool:
        """Whether ``photograph`` was done, has not changed, and its annotated picture is there."""
        with suppress(OSError):
            size = None if self.bytes is None else photograph.result.stat().st_size
            return photograph.has(self.state) and size == self.bytes
        return False

    def described(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "file": self.file,
            "path": self.source,
            "bytes": self.state.size,
            "content_hash": self.state.content,
            "width_px": self.width,
            "height_px": self.height,
            "faces": self.faces,
        }


def in_order(records: Iterable[PhotographRecord]) -> list[PhotographRecord]:
    """By their file names, 2 before 10."""
    return sorted(records, key=lambda record: natural_order(record.file))


def annotated_picture(name: Path) -> Path:
    """``photo.jpg`` becomes ``photo.annotated.jpg``; what cannot be written in colour, a PNG."""
    if name.suffix.lower() in WRITABLE_PICTURES:
        return name.with_name(name.stem + ANNOTATED_PICTURE + name.suffix)
    return name.with_name(name.name + ANNOTATED_PICTURE + ".png")


def is_annotated_picture(name: str) -> bool:
    """Whether a picture's name is one that ``annotated_picture`` gives."""
    return Path(name).stem.endswith(ANNOTATED_PICTURE)
