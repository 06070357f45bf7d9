"""The CSVs of one video, while they are written and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidfx.annotation.video_work import VideoWork
from vidfx.output.rows import RowWriter
from vidfx.people.people_file import People
from vidfx.saved.frames import read_settled
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile


@dataclass(frozen=True)
class _WrittenTables:
    """See vidfx.saved.frames.Tables."""

    faces: Path
    frames: Path
    unshown: Path
    recognises: bool
    expressions: tuple[str, ...] | None
    people: People | None = None


class RowFiles:
    """Faces, frames and unshown faces; a context that ends closes them. Raises OutputError."""

    def __init__(
        self,
        work: VideoWork,
        create: Callable[[Path], AtomicFile],
        *,
        recognises: bool,
        ending: str = "",
    ) -> None:
        """``ending`` follows the names of files that are for this run only."""
        outputs, models, settings = work.job.outputs, work.context.models, work.context.settings
        paths = outputs.faces, outputs.frames, outputs.unshown
        self.files = [create(path.with_name(path.name + ending)) for path in paths]
        self._tables = _WrittenTables(
            *(file.part for file in self.files),
            recognises=recognises,
            expressions=models.emotion.spec.labels if models.emotion else None,
        )
        self._rows = RowWriter(
            *self.files,
            emotions=work.context.emotions,
            recognises=recognises,
            name=work.job.name if settings.file_column else None,
        )
        self.types = self._rows.types
        self.write, self.complete = self._rows.write, self._rows.complete

    def __enter__(self) -> RowFiles:
        return self

    def __exit__(self, *exception: object) -> None:
        self._rows.__exit__(*exception)

    def read_back(self) -> Iterator[Settled]:
        """All frames with their rows, which are then complete."""
        self._rows.complete()
        return read_settled(self._tables)
