"""MANY videos: all that output folders have, each into the same formats."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from vidfx.export.formats import Writers
from vidfx.export.video import export_video
from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.jobs.result_names import SUMMARY
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
    outcomes: list[Outcome] = []
    for summary, folder in find_targets(places, out, progress):
        outcome = _one(summary, folder, writers, sources, overwrite=overwrite)
        progress.report(outcome)
        outcomes.append(outcome)
    return outcomes


def _one(
    summary: Path, folder: Path, writers: Writers, sources: Path | None, *, overwrite: bool
) -> Outcome:
    began = time.perf_counter()
    name = summary.name.removesuffix(SUMMARY)
    files = {ending: str(folder / (name + ending)) for ending in writers}
    missing = {e: w for e, w in writers.items() if overwrite or not Path(files[e]).exists()}
    if not missing:
        return Outcome(str(summary), "skipped", files)
    try:
        export_video(load_video(summary), missing, folder, sources)
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        return Outcome(str(summary), "failed", error=as_failure(summary, error))
    seconds = round(time.perf_counter() - began, 3)
    return Outcome(str(summary), "done", files, seconds=seconds)
