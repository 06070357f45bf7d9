"""The moments of many videos, cut out, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from vidfx.clips.cut import Cut, cut_moments
from vidfx.clips.moments import Moment, Span, find_moments
from vidfx.clips.where import Where
from vidfx.corrections.read import corrected
from vidfx.corrections.shown import check_none_hidden
from vidfx.errors import InputError, output_errors
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.result_names import CLIPS_TABLE
from vidfx.render.source import find_source
from vidfx.saved.each_video import Made, for_each_video
from vidfx.saved.places import VideosProgress, find_targets
from vidfx.saved.runs import SavedVideo, load_video
from vidfx.schema.batch import CLIPS_COLUMNS
from vidfx.tables.table_file import TableFile


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
    progress: VideosProgress,
) -> list[Outcome]:
    """Cut the moments of every video that ``places`` have; one that fails does not stop the others.

    ``progress`` gets each outcome, with its number of clips, as soon as it is known. Raises
    UsageError before any work, and OutputError where the table cannot be written.
    """
    targets = find_targets(places, out, progress)
    with output_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with closing(TableFile(out / CLIPS_TABLE, CLIPS_COLUMNS)) as table:

        def work(summary: Path, folder: Path, made: Made) -> None:
            video, below = load_video(summary), folder.relative_to(out)
            moments = _moments(video, request)
            source = video.source
            if moments and request.cut != "none":
                check_none_hidden(video)
                source = find_source(video, request.sources)
            for moment, name, begins_s in cut_moments(video, source, moments, request.cut, folder):
                file = str(below / name) if name else ""
                table.add([_row(str(below / video.name), moment, file, begins_s, request.cut)])
                made.count += 1

        outcomes = for_each_video(targets, work, progress, "clips")
        table.complete()
    return outcomes


def _moments(video: SavedVideo, request: ClipRequest) -> list[Moment]:
    """Raises InputError."""
    try:
        return find_moments(corrected(video), request.where, request.span, 1 / video.frame_rate)
    except KeyError as error:
        raise InputError(
            f"{video.path}: its rows have no column {error.args[0]}",
            hint=f"its expressions are: {', '.join(video.expressions or ('none',))}",
        ) from error


def _row(
    video: str, moment: Moment, file: str, begins_s: float | None, cut: Cut
) -> list[str | float | None]:
    return [
        *(file, video, round(moment.from_s, 6), round(moment.to_s, 6)),
        *(None if begins_s is None else round(begins_s, 6), moment.frames),
        "|".join(map(str, sorted(moment.tracks))),
        "|".join(sorted(moment.identities)),
        "|".join(sorted(moment.expressions)),
        cut,
    ]
