"""What is asked for when somebody is added to a gallery, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from vidfx.config import Settings
from vidfx.errors import UsageError, VidfxError
from vidfx.jobs.outcomes import Outcome
from vidfx.people.gallery import Rejected
from vidfx.people.names import check_names, normal
from vidfx_engines.dlib_face.convert import DLIB_FACE
from vidfx_engines.spec import Template

SCHEMA = "vidfx.people.add/1"
DEFAULT_MODEL = DLIB_FACE


class EnrolProgress(Protocol):
    """Receives how it goes on."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def failed(self, name: str, error: VidfxError) -> None:
        """This input cannot be read; the others go on."""
        ...

    def advanced(self, name: str, done: float, total: int) -> None:
        """``done`` of ``total`` inputs are read; ``name`` is the next."""
        ...


@dataclass(frozen=True)
class EnrolRequest:
    """Somebody, and the pictures and videos of them. Raises UsageError for an invalid name."""

    name: str
    inputs: Sequence[str]
    gallery: Path
    settings: Settings
    "detector, device, backend, reader, threads"
    model: str | None = None
    "None: that of the gallery, DEFAULT_MODEL in a new one"
    crop: Template | None = None
    "how faces are cut for a model without a spec"
    min_face: float = 40.0
    "px"
    tracks: tuple[int, ...] = ()
    "those of the person in a video; empty: its only one"
    keep_unlike: bool = False
    "whether pictures that are unlike the others are added too"

    def __post_init__(self) -> None:
        try:
            check_names([normal(self.name)])
        except ValueError as error:
            raise UsageError(str(error), hint="choose another name") from None


@dataclass(frozen=True)
class Enrolled:
    """What came of it."""

    name: str
    "as the gallery has it"
    added: int
    "faces"
    in_all: int
    "faces of the person in the gallery"
    people: int
    "in the gallery"
    rejected: tuple[Rejected, ...] = ()
    failed: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = field(default=())
    "about the person in the gallery: who is nearly alike"

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "name": self.name,
            "added": self.added,
            "in_all": self.in_all,
            "people": self.people,
            "rejected": [{"file": r.file, "reason": r.reason} for r in self.rejected],
            "failed": [outcome.as_json() for outcome in self.failed],
            "notes": list(self.notes),
        }
