"""MANY videos: their moments, cut out, and a table of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from vidfx.clips.cut import Cut, cut_moments
from vidfx.clips.moments import Moment, Span, find_moments
from vidfx.clips.where import Where
from vidfx.corrections.read import corrected
from vidfx.errors import InputError, output_errors
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.render.source import find_source
from vidfx.saved.runs import load_video, target_folders
from vidfx.schema.batch import CLIPS_COLUMNS
from vidfx.tables.table_file import TableFile

TABLE = "clips.csv"
FOLDER = "clips"
"""Below the first place, where no other folder is named."""


@dataclass(frozen=True)
class ClipRequest:
    """What is cut out, and how."""

    where: Where
    span: Span = field(default_factory=Span)
    cut: Cut = "fast"
    sources: Path | None = None
    "folder of the inputs, where they are not where they were"


def cut_clips(
    places: Sequence[Path],
    out: Path,
    request: ClipRequest,
    report: Callable[[Outcome], None],
) -> list[Outcome]:
    """Cut the moments of every video that ``places`` have; one that fails does not stop the others.

    Photographs, which have no moments, are left out where they are not named themselves.
    ``report`` gets each outcome, with its number of clips, as soon as it is known. Raises
    UsageError before any work, and OutputError where the table cannot be written.
    """
    targets = [
        (summary, folder)
        for summary, folder in target_folders(places, out)
        if summary.name != PHOTOGRAPHS + SUMMARY or summary in places
    ]
    with output_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    with closing(TableFile(out / TABLE, CLIPS_COLUMNS)) as table:
        for summary, folder in targets:
            outcome = _one(summary, folder, out, request, table)
            report(outcome)
            outcomes.append(outcome)
        table.complete()
    return outcomes


def _one(summary: Path, folder: Path, out: Path, request: ClipRequest, table: TableFile) -> Outcome:
    began = time.perf_counter()
    below = folder.relative_to(out)
    name = str(below / summary.name.removesuffix(SUMMARY))
    count = 0
    try:
        video = load_video(summary)
        try:
            rows = corrected(video)
            moments = find_moments(rows, request.where, request.span, 1 / video.frame_rate)
        except KeyError as error:
            raise InputError(
                f"{summary}: its rows have no column {error.args[0]}",
                hint=f"its expressions are: {', '.join(video.expressions or ('none',))}",
            ) from error
        source = video.source
        if moments and request.cut != "none":
            source = find_source(video, request.sources)
        for moment, file, begins_s in cut_moments(video, source, moments, request.cut, folder):
            table.add([_row(name, moment, str(below / file) if file else "", begins_s, request)])
            count += 1
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        return Outcome(
            str(summary), "failed", counts={"clips": count}, error=as_failure(summary, error)
        )
    seconds = round(time.perf_counter() - began, 3)
    return Outcome(str(summary), "done", counts={"clips": count}, seconds=seconds)


def _row(
    video: str, moment: Moment, file: str, begins_s: float | None, request: ClipRequest
) -> list[str | float | None]:
    return [
        *(file, video, round(moment.from_s, 6), round(moment.to_s, 6)),
        *(None if begins_s is None else round(begins_s, 6), moment.frames),
        "|".join(map(str, sorted(moment.tracks))),
        "|".join(sorted(moment.identities)),
        "|".join(sorted(moment.expressions)),
        request.cut,
    ]
