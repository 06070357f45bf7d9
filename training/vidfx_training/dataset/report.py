"""What the check of a data set found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vidfx_training.dataset.agreement import Agreement
from vidfx_training.dataset.index import Part

SCHEMA = "vidfx.dataset-check/1"


@dataclass(frozen=True)
class Problem:
    """One sentence, and the command that fixes the problem; empty where there is none."""

    text: str
    command: str = ""


@dataclass(frozen=True)
class Copies:
    """Sets of duplicates: how many, and how many pictures they contain."""

    sets: int
    pictures: int
    across_labels: int
    "pictures in sets that have more than one label"
    across_parts: int
    "pictures in sets that have more than one part"


@dataclass(frozen=True)
class SplitGroup:
    """A group with pictures in several parts."""

    name: str
    pictures: Mapping[Part, int]


@dataclass(frozen=True)
class Spread:
    """Quantiles over the readable pictures."""

    least: float
    low: float
    "5 % quantile"
    median: float
    high: float
    "95 % quantile"
    most: float


@dataclass(frozen=True)
class Report:
    """What a check found. Labels are the target and ``other`` where the split has a target."""

    root: str
    pictures: int
    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    counts: Mapping[str, Mapping[str, int]]
    "pictures by label, then by part, and under ``all``"
    left_out: Mapping[str, int]
    "pictures that the split file leaves out, by reason"
    imbalance: float
    "pictures of the largest class divided by those of the smallest"
    broken: Mapping[str, str]
    "reason by path"
    empty: tuple[str, ...]
    "class folders without pictures"
    missing: Mapping[str, tuple[str, ...]]
    "missing classes by part"
    votes: Agreement | None
    "None where pictures have one label each, and where none is readable"
    without_picture: tuple[str, ...]
    "paths in ``votes.csv`` that are no files"
    without_votes: tuple[str, ...]
    "pictures in the folder that ``votes.csv`` does not list"
    conflicts: tuple[Mapping[str, str], ...]
    "for each set of equal pictures with different labels or votes, one path by label or by votes"
    conflicting: int
    "pictures in these sets"
    exact: Copies
    near: Copies
    leaks: Mapping[str, Mapping[str, int]]
    "duplicate pictures by 'val in train' and so on; an exact one does not count as near"
    groups: int | None
    "number of recordings, folders or people; None if unknown"
    straddling: tuple[SplitGroup, ...]
    width: Spread
    height: Spread
    brightness: Spread
    sharpness: Spread
    small: int
    "pictures whose face, or shorter side if the face is unknown, is below 32 px"
    problems: tuple[Problem, ...]
    "worst first"

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that are classes; an answer of voters may be none."""
        return tuple(n for n in self.labels if self.votes is None or n in self.votes.classes)

    def as_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}
