"""What a worker process is given to draw a finished video again, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from vidfx.jobs.leftovers import remove_parts_of
from vidfx.jobs.plan import Job, Outputs
from vidfx.jobs.result_names import RENDER_RECORD, RENDERED


@dataclass(frozen=True)
class RenderOutputs(Outputs):
    """The tables are read; ``video`` is written, and ``summary`` records of what."""

    @classmethod
    def of(cls, stem: Path, rows: Path | None = None) -> RenderOutputs:
        """``stem`` is the path of the results without their endings; ``rows`` that of the rows."""
        of_rows = Outputs.of(rows or stem)
        return cls(
            stem.with_name(stem.name + RENDERED),
            *(of_rows.faces, of_rows.frames, of_rows.unshown),
            *(of_rows.privacy, of_rows.embeddings, of_rows.people),
            stem.with_name(stem.name + RENDER_RECORD),
        )

    def __iter__(self) -> Iterator[Path]:
        return iter((self.video, self.summary))


@dataclass(frozen=True)
class RenderJob(Job):
    """A finished video, ``source`` is its summary, and where it is drawn."""

    outputs: RenderOutputs


class RenderOptions(Struct, frozen=True):
    """What is asked for beside the settings."""

    only: tuple[str, ...] = ()
    "names of people and ``track:N``: draw no others; empty: draw all"
    sources: Path | None = None
    "the folder that the videos were moved to"
    command: str | None = None
    "the line that asked for it, for the record"


class RenderVideo(Struct, frozen=True, tag=True):
    """Draw a finished video again."""

    job: RenderJob
    options: RenderOptions
    locked_in: Path | None
    "the folder that has the locks; None: a dry run"
    overwrite: bool = False
    leftovers: tuple[Path, ...] | None = None
    "temporary files of dead processes, to remove under the lock; None: search for them"

    def remove_parts(self, pid: int) -> None:
        remove_parts_of(self.job, pid)

    def again(self) -> RenderVideo:
        return replace(self, leftovers=None)


class Rendered(Struct, frozen=True, tag=True):
    """A video was drawn."""

    record: dict[str, Any]
    "what its record says"
