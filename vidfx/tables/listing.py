"""Which videos an output folder has: those of its ledger, and those whose results are there."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vidfx.errors import UsageError
from vidfx.jobs.history import LedgerEntry, read_ledger
from vidfx.jobs.ledger import NO_JOB, writable
from vidfx.jobs.locks import FOLDER, LEDGER
from vidfx.jobs.result_names import SUMMARY
from vidfx.notation import natural_order
from vidfx.saved.runs import find_summaries


@dataclass(frozen=True)
class Listed:
    """A video in the tables."""

    video: str
    "path of its results below the folder; empty for an input that could not be a job"
    entry: LedgerEntry | None
    summary: Path | None
    "None where it has none"


def list_videos(out: Path) -> list[Listed]:
    """All videos of ``out``, in natural order of their paths, those without one last.

    They are those of the ledger, and those whose summaries are in the same folders; without a
    ledger, all below ``out``. Raises UsageError where there are none, or the ledger is damaged,
    VidfxError where it is locked.
    """
    if not (out / FOLDER / LEDGER).is_file():
        entries: dict[str, LedgerEntry] = {}
        summaries = {_place(path, out): path for path in find_summaries([out])}
    else:
        entries = {entry.place: entry for entry in read_ledger(out)[1]}
        folders = {Path(place).parent for place in entries if not place.startswith(NO_JOB)}
        summaries = _summaries_in(out, folders | {Path()})
    if not entries and not summaries:
        raise UsageError(
            f"{out}: no video is in it", hint="name an output folder of `vidfx annotate`"
        )
    places = sorted(
        entries.keys() | summaries.keys(),
        key=lambda place: (place.startswith(NO_JOB), natural_order(place)),
    )
    return [
        Listed(
            "" if place.startswith(NO_JOB) else place.removesuffix(SUMMARY),
            entries.get(place),
            summaries.get(place),
        )
        for place in places
    ]


def _summaries_in(out: Path, folders: set[Path]) -> dict[str, Path]:
    """By their paths below ``out``, as the ledger has them."""
    found: dict[str, Path] = {}
    for folder in folders:
        with suppress(OSError), os.scandir(out / folder) as there:
            for file in there:
                if file.name.endswith(SUMMARY):
                    path = Path(file.path)
                    found[_place(path, out)] = path
    return found


def _place(summary: Path, out: Path) -> str:
    return writable(str(summary.relative_to(out)))
