"""Which finished videos are drawn again, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidfx.jobs.leftovers import find_leftovers
from vidfx.jobs.locks import FOLDER
from vidfx.jobs.result_names import SUMMARY
from vidfx.render.task import RenderJob, RenderOptions, RenderOutputs, RenderVideo
from vidfx.saved.places import find_videos


@dataclass(frozen=True)
class RenderPlan:
    """What will be drawn."""

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

    Each is drawn beside its rows; with ``out`` there, in the subfolder that ``find_videos`` finds.
    Raises UsageError where a place has no finished video.
    """
    found = find_videos(places)
    jobs = [
        RenderJob(summary, RenderOutputs.of(out / _stem(below) if out else rows, rows))
        for (summary, below), rows in ((item, _stem(item[0])) for item in found.summaries)
    ]
    return RenderPlan(tuple(jobs), out, found.left_out)


def _stem(summary: Path) -> Path:
    return summary.with_name(summary.name.removesuffix(SUMMARY))
