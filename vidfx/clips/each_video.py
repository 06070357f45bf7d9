"""MANY videos: the same done for each, where one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.saved.places import find_videos
from vidfx.saved.runs import SavedVideo, load_video

Work = Callable[[SavedVideo, Path, Callable[[], None]], None]
"""Makes files of a video in a folder, and calls the function for each that is complete."""


def for_each_video(
    places: Sequence[Path],
    out: Path,
    what: str,
    work: Work,
    report: Callable[[Outcome], None],
) -> list[Outcome]:
    """Do ``work`` for every video that ``places`` have, in the subfolders of ``out`` that fit.

    Photographs are left out where they are not named themselves. ``report`` gets each outcome as
    soon as it is known; ``what`` names its count. Raises UsageError before any work.
    """
    outcomes: list[Outcome] = []
    for summary, folder in find_videos(places).targets(out):
        outcomes.append(_outcome(summary, folder, what, work))
        report(outcomes[-1])
    return outcomes


def _outcome(summary: Path, folder: Path, what: str, work: Work) -> Outcome:
    began, count = time.perf_counter(), 0

    def made() -> None:
        nonlocal count
        count += 1

    try:
        work(load_video(summary), folder, made)
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure = as_failure(summary, error)
        return Outcome(str(summary), "failed", counts={what: count}, error=failure)
    seconds = round(time.perf_counter() - began, 3)
    return Outcome(str(summary), "done", counts={what: count}, seconds=seconds)
