"""The finished videos of output folders, and where results of each go in another folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vidfx.errors import UsageError
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.saved.runs import find_summaries


@dataclass(frozen=True)
class FoundVideos:
    """What output folders have."""

    summaries: tuple[tuple[Path, Path], ...]
    """each with a relative path unlike any other: below the folder that was named, or where several
    would share that, below the folder that all have in common"""
    left_out: tuple[str, ...]
    "a line about each summary in the folders that is not of a video"

    def targets(self, out: Path | None) -> list[tuple[Path, Path]]:
        """Each summary with the folder of what is made of it.

        That is a subfolder of ``out``; None: the summary's own. Raises UsageError where ``out`` is
        a file.
        """
        if out is None:
            return [(summary, summary.parent) for summary, _ in self.summaries]
        if out.exists() and not out.is_dir():
            raise UsageError(f"{out}: is a file", hint="name a folder")
        return [(summary, (out / below).parent) for summary, below in self.summaries]


class VideosProgress(Protocol):
    """Receives how work on many videos goes on."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""
        ...

    def report(self, outcome: Outcome) -> None:
        """What became of one video."""
        ...


def find_targets(
    places: Sequence[str | Path], out: Path | None, progress: VideosProgress
) -> list[tuple[Path, Path]]:
    """Each video with the folder of what is made of it; see ``FoundVideos.targets``.

    What is left out is reported. Raises UsageError as ``find_videos`` does.
    """
    found = find_videos(places)
    targets = found.targets(out)
    for line in found.left_out:
        progress.notice(line)
    return targets


def find_videos(places: Sequence[str | Path]) -> FoundVideos:
    """Each video once. ``places`` are output folders and summaries.

    Raises UsageError where a place has no summary, or all are of photographs.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    left_out: list[str] = []
    for place in map(Path, places):
        for summary in find_summaries([place]):
            if summary.name == PHOTOGRAPHS + SUMMARY and summary != place:
                left_out.append(f"{summary}: left out, it is of photographs")
            else:
                below = summary.relative_to(place if place.is_dir() else place.parent)
                found.setdefault(summary.resolve(), (summary, below))
    if not found:
        raise UsageError(
            left_out[0], hint="name the results of videos; `vidfx annotate` draws photographs again"
        )
    times = Counter(below for _, below in found.values())
    common = os.path.commonpath([place.parent for place in found])
    unlike = (
        (summary, below if times[below] == 1 else place.relative_to(common))
        for place, (summary, below) in found.items()
    )
    return FoundVideos(tuple(unlike), tuple(left_out))
