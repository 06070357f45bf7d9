"""MANY videos: the same done for each, where one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vidfx.jobs.outcomes import Outcome, as_failure
from vidfx.saved.places import VideosProgress


@dataclass
class Made:
    """What was made of one video so far."""

    outputs: dict[str, str] = field(default_factory=dict[str, str])
    "by kind; not of a video that fails"
    count: int = 0
    "of the files that are counted; also those of a video that fails later"
    is_new: bool = True
    "False: all was there"


Work = Callable[[Path, Path, Made], None]
"""Makes files of the video of a summary in a folder, and says which."""


def for_each_video(
    targets: Sequence[tuple[Path, Path]], work: Work, progress: VideosProgress, count: str = ""
) -> list[Outcome]:
    """Do ``work`` for the videos of these summaries, in the folder of each.

    ``progress`` gets each outcome as soon as it is known; ``count`` names what is counted.
    """
    outcomes: list[Outcome] = []
    for summary, folder in targets:
        outcomes.append(_outcome(summary, folder, work, count))
        progress.report(outcomes[-1])
    return outcomes


def _outcome(summary: Path, folder: Path, work: Work, count: str) -> Outcome:
    began, made, failure = time.perf_counter(), Made(), None
    try:
        work(summary, folder, made)
    except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
        failure = as_failure(summary, error)
    counts = {count: made.count} if count else {}
    if failure:
        return Outcome(str(summary), "failed", counts=counts, error=failure)
    seconds = round(time.perf_counter() - began, 3)
    status = "done" if made.is_new else "skipped"
    return Outcome(str(summary), status, made.outputs, counts, seconds)
