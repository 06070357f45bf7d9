"""Each line of the corrections of photographs, compared with the faces in their tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidfx.corrections.line import Correction
from vidfx.corrections.read import Problem, read_lines
from vidfx.errors import UsageError
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.output.read_rows import read_rows
from vidfx.output.summary import read_summary

NO_ROWS = ("box", "split", "merge")
"""Actions that the number of a face in the tables does not decide about."""


@dataclass
class CheckedPhotograph:
    """One photograph that has lines."""

    name: str
    "path of its results, without an ending"
    problems: list[Problem] = field(default_factory=list[Problem])
    lines: list[tuple[Correction, int, str]] = field(
        default_factory=list[tuple[Correction, int, str]]
    )
    "each with how many rows it is about, and why it is of no use; empty: it is"


def photographs_in(summary: Path) -> dict[str, Path]:
    """Where the summary of each would be, by its file; none where it is not of photographs."""
    if summary.name != PHOTOGRAPHS + SUMMARY:
        return {}
    with suppress(KeyError, TypeError):
        listed: list[Mapping[str, Any]] = (read_summary(summary) or {})["photographs"]
        return {str(e["file"]): summary.parent / (str(e["file"]) + SUMMARY) for e in listed}
    return {}


def check_photographs(summary: Path) -> Iterator[CheckedPhotograph]:
    """Those that have lines."""
    named = {
        f: place for f, place in photographs_in(summary).items() if any(read_lines(place, None))
    }
    if not named:
        return
    content = read_summary(summary) or {}
    models: list[Mapping[str, Any]] = content.get("models", [])
    expressions = next((model["labels"] for model in models if model["task"] == "emotion"), None)
    faces: Counter[tuple[str, int]] = Counter()
    with suppress(UsageError):  # then no line fits
        rows = read_rows(summary.with_name(f"{PHOTOGRAPHS}.faces.csv"))
        faces.update((str(row["file"]), int(row["track_id"] or 0)) for row in rows)
    for file, place in named.items():
        lines, problems = read_lines(place, expressions)
        drawn = {line.track for line in lines if line.action == "box"}
        checked = CheckedPhotograph(str(place).removesuffix(SUMMARY), problems)
        for line in lines:
            rows_of = faces[file, line.track] if line.holds(0.0) else 0
            fits = rows_of or line.action in NO_ROWS or line.track in drawn
            why = "" if fits else f"{file} has no face {line.track}"
            checked.lines.append((line, rows_of, why))
        yield checked
