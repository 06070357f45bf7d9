"""MANY videos: all that output folders have, each into the same formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidfx.export.formats import Writers
from vidfx.export.video import export_video
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.result_names import SUMMARY
from vidfx.saved.each_video import Made, for_each_video
from vidfx.saved.places import VideosProgress, find_targets
from vidfx.saved.runs import load_video


def export(
    places: Sequence[Path],
    writers: Writers,
    out: Path | None,
    sources: Path | None,
    *,
    overwrite: bool,
    progress: VideosProgress,
) -> list[Outcome]:
    """Export every video that ``places`` have; one that fails does not stop the others.

    Files go to ``out``, in the subfolders that they have below ``places``; None: beside the
    summaries. ``sources`` is a folder of the inputs; None: they are where they were. Where all
    files of a video exist it is skipped, unless ``overwrite``. Raises UsageError before any work.
    """

    def work(summary: Path, folder: Path, made: Made) -> None:
        name = summary.name.removesuffix(SUMMARY)
        files = {ending: folder / (name + ending) for ending in writers}
        missing = {e: w for e, w in writers.items() if overwrite or not files[e].exists()}
        made.is_new = bool(missing)
        if missing:
            export_video(load_video(summary), missing, folder, sources)
        made.outputs = {ending: str(file) for ending, file in files.items()}

    return for_each_video(find_targets(places, out, progress), work, progress)
