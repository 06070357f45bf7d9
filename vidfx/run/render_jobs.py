"""Which finished videos are drawn again, and where."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx.errors import UsageError
from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.locks import FOLDER
from vidfx.jobs.photographs import PHOTOGRAPHS
from vidfx.jobs.result_names import SUMMARY
from vidfx.render.task import RenderJob, RenderOptions, RenderOutputs, RenderVideo
from vidfx.saved.runs import find_summaries


@dataclass(frozen=True)
class RenderPlan:
    """What is to be drawn."""

    jobs: tuple[RenderJob, ...]
    out: Path | None
    left_out: tuple[str, ...]
    "a line about each summary in the folders that is not of a video"

    def tasks(self, options: RenderOptions, *, overwrite: bool, dry_run: bool) -> list[RenderVideo]:
        """One for each job. A dry run locks nothing and leaves temporary files alone."""
        if dry_run:
            return [RenderVideo(job, options, None, overwrite, ()) for job in self.jobs]
        leftovers = find_leftovers(self.jobs)
        return [
            RenderVideo(
                *(job, options, self._locked_in(job), overwrite),
                tuple(leftovers.get(job.outputs.summary, ())),
            )
            for job in self.jobs
        ]

    def _locked_in(self, job: RenderJob) -> Path:
        """The folder whose locks are taken: the output folder in which the results are."""
        folders = [*job.outputs.summary.parents]
        return self.out or next((f for f in folders if (f / FOLDER).is_dir()), folders[0])


def plan_renders(places: Sequence[str], out: Path | None) -> RenderPlan:
    """A job for each finished video that ``places`` name: output folders and summaries.

    Each is drawn beside its rows; with ``out`` there, at its path below the folder that was named,
    or where several would share that, below the folder that all have in common. Raises UsageError
    where a place has no finished video.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    left_out: list[str] = []
    for place in map(Path, places):
        for summary in find_summaries([place]):
            if summary.name == PHOTOGRAPHS + SUMMARY and summary != place:
                left_out.append(f"{summary}: photographs are not drawn again")
            else:
                below = summary.relative_to(place if place.is_dir() else place.parent)
                found.setdefault(summary.resolve(), (summary, below))
    if not found:
        raise UsageError(left_out[0], hint="name the results of videos")
    jobs = [
        RenderJob(summary, RenderOutputs.of(out / _stem(below) if out else rows, rows))
        for (summary, below), rows in ((item, _stem(item[0])) for item in _unlike(found))
    ]
    return RenderPlan(tuple(jobs), out, tuple(left_out))


def _unlike(found: dict[Path, tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Each summary with a path unlike any other."""
    times = Counter(below for _, below in found.values())
    common = os.path.commonpath([place.parent for place in found])
    return [
        (summary, below if times[below] == 1 else place.relative_to(common))
        for place, (summary, below) in found.items()
    ]


def _stem(summary: Path) -> Path:
    return summary.with_name(summary.name.removesuffix(SUMMARY))
