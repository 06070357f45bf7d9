"""What a worker process is given to do with a video or photographs, and what it answers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from vidfx.errors import VidfxError
from vidfx.jobs.leftovers import remove_parts_of, remove_parts_of_photographs
from vidfx.jobs.photographs import Making, Photograph, PhotographRecord
from vidfx.jobs.plan import Job
from vidfx.video.container.segment import Segment
from vidfx_engines.files import part_name


class AnnotateVideo(Struct, frozen=True, tag=True):
    """Make all results of a video."""

    job: Job
    overwrite: bool = False
    leftovers: tuple[Path, ...] | None = None
    "temporary files of dead processes, to remove under the lock; None: search for them"
    command: str | None = None
    "the line that asked for it, for the summary"

    def remove_parts(self, pid: int) -> None:
        remove_parts_of(self.job, pid)

    def again(self) -> AnnotateVideo:
        return replace(self, leftovers=None)


class ObserveSegment(Struct, frozen=True, tag=True):
    """Detect, track and classify the faces of a segment."""

    job: Job
    segment: Segment
    planes: bool
    "whether frames come with the planes of the file, as for drawing; else in RGB alone"

    @property
    def path(self) -> Path:
        """The observations get a temporary name beside this one, for the run to read."""
        return _part_of(self.job.outputs.faces, self.segment)

    def remove_parts(self, pid: int) -> None:
        _remove(self.path, pid)

    def again(self) -> ObserveSegment:
        return self


class DrawSegment(Struct, frozen=True, tag=True):
    """Draw on the frames of a segment, and encode them."""

    job: Job
    segment: Segment
    labels: Path
    "what to draw"
    hides: bool = False
    "a frame that was not observed is hidden whole"

    @property
    def path(self) -> Path:
        """The encoded frames get a temporary name beside this one, for the run to concatenate."""
        return _part_of(self.job.outputs.video, self.segment)

    def remove_parts(self, pid: int) -> None:
        _remove(self.path, pid)

    def again(self) -> DrawSegment:
        return self


class AnnotatePhotographs(Struct, frozen=True, tag=True):
    """Annotate some photographs, which share the tables of a folder."""

    job: Job
    "of the first of them, or of all where there are none"
    pictures: tuple[Photograph, ...]
    known: Making | None = None
    "what the tables are of; None: of anything"

    def remove_parts(self, pid: int) -> None:
        remove_parts_of_photographs(self.pictures, pid)

    def again(self) -> AnnotatePhotographs:
        return self


class Annotated(Struct, frozen=True, tag=True):
    """The results of a video have their final names."""

    summary: dict[str, Any]
    "input, counts, overview, seconds, warnings and outputs of its summary"


class AlreadyDone(Struct, frozen=True, tag=True):
    """The results of a video were there already."""

    why: str


class WouldBeDone(Struct, frozen=True, tag=True):
    """In a dry run: the results of a video would be made. What is on storage is not opened."""

    width: int | None = None
    height: int | None = None
    frames: int | None = None
    "None also where the file does not say how many"
    duration_s: float | None = None

    def counts(self) -> dict[str, int | float]:
        """What is known, for the outcome."""
        found = {
            "width_px": self.width,
            "height_px": self.height,
            "frames": self.frames,
            "duration_s": self.duration_s,
        }
        return {name: value for name, value in found.items() if value is not None}


class Observed(Struct, frozen=True, tag=True):
    """A segment was observed."""

    segment: int
    "its number"
    file: Path
    "of the observations, which the run removes"
    frames: int
    seconds: dict[str, float]
    "by stage"
    warnings: list[str]
    faults: dict[str, tuple[int, int, int]]
    "see EngineFaults.counts"


class Drawn(Struct, frozen=True, tag=True):
    """A segment was drawn and encoded."""

    segment: int
    "its number"
    file: Path
    "of the encoded frames, which the run removes"
    frames: int
    seconds: dict[str, float]
    "by stage"
    warnings: list[str]


class Photographed(Struct, frozen=True, tag=True):
    """Some photographs were annotated."""

    making: Making
    records: list[PhotographRecord]
    failures: list[tuple[str, VidfxError]]
    "file and error of those that could not be read or written"
    seconds: dict[str, float]
    "by stage"
    warnings: list[str]


VideoTask = AnnotateVideo | ObserveSegment | DrawSegment | AnnotatePhotographs
TaskResult = Annotated | AlreadyDone | WouldBeDone | Observed | Drawn | Photographed


def _part_of(path: Path, segment: Segment) -> Path:
    return path.with_name(f"{path.name}.{segment.number}")


def _remove(path: Path, pid: int) -> None:
    """Remove the temporary file of a dead process."""
    with suppress(OSError):
        path.with_name(part_name(path.name, pid)).unlink()
