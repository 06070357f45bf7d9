"""MANY videos: the same done for each, where one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.saved.places import VideosProgress
from vidfx.saved.runs import SavedVideo, load_video

Work = Callable[[SavedVideo, Path, Callable[[], None]], None]
"""Makes files of a video in a folder, and calls the function for each that is complete."""


def for_each_video(
    targets: Sequence[tuple[Path, Path]],
    what: str,
    work: Work,
    progress: VideosProgress,
) -> list[Outcome]:
    """Do ``work`` for the videos of these summaries, in the folder of each.

    ``progress`` gets each outcome as soon as it is known; ``what`` names its count.
    """
    outcomes: list[Outcome] = []
    for summary, folder in targets:
        outcomes.append(_outcome(summary, folder, what, work))
        progress.report(outcomes[-1])
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
