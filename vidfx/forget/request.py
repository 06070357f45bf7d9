"""Whom to forget, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vidfx.errors import UsageError
from vidfx.forget.results import FromResults
from vidfx.jobs.outcomes import Outcome
from vidfx.people.names import check_names, normal

SCHEMA = "vidfx.people.forget/1"


@dataclass(frozen=True)
class ForgetRequest:
    """Somebody. Raises UsageError for a name that nobody can have."""

    name: str
    places: Sequence[Path]
    "output folders and summaries"
    gallery: Path | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        try:
            check_names([normal(self.name)])
        except ValueError as error:
            raise UsageError(str(error), hint="name the person as results do") from None


@dataclass
class Forgotten:
    """What was taken out, or with a dry run would be."""

    name: str
    dry_run: bool
    also_called: list[str] = field(default_factory=list[str])
    "by corrections and groups"
    gallery_faces: int = 0
    results: list[FromResults] = field(default_factory=list[FromResults])
    photographs: list[str] = field(default_factory=list[str])
    corrections: dict[str, int] = field(default_factory=dict[str, int])
    "lines, by file"
    groups: dict[str, int] = field(default_factory=dict[str, int])
    "tracks of the person, by file of groups"
    made_again: list[str] = field(default_factory=list[str])
    "tables and reports"
    remaining: list[str] = field(default_factory=list[str])
    "files that still say or may show the name"
    failed: list[Outcome] = field(default_factory=list[Outcome])

    @property
    def is_nobody(self) -> bool:
        """Whether the person was nowhere."""
        taken = self.gallery_faces, self.results, self.photographs, self.corrections, self.groups
        return not any(taken) and not self.failed

    def as_json(self) -> dict[str, Any]:
        facts = {name: value for name, value in vars(self).items() if name != "failed"}
        facts["results"] = [asdict(one) for one in self.results]
        failed = [outcome.as_json() for outcome in self.failed]
        return {"schema": SCHEMA, **facts, "failed": failed}
