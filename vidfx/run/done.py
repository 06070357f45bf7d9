"""The done-rule: a video is done when its summary says that this very work made whole results."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from vidfx.errors import OutputExistsError
from vidfx.output.summary import read_summary
from vidfx.run import storage
from vidfx.run.plan import Job
from vidfx.run.setup import Setup


def is_done(job: Job, setup: Setup, *, overwrite: bool) -> bool:
    """Whether the results of this very work stand there already, all of them, at their sizes.

    Raises OutputExistsError where other results stand there and may not be overwritten, OutputError
    where the store that they are on cannot be asked.
    """
    if overwrite:
        return False
    sizes, summary = _results(job)
    if not sizes:
        return False
    hint = "use --overwrite, or another output folder"
    places = dict(zip((path.name for path in job.outputs), job.addresses(), strict=True))
    if summary is None:
        raise OutputExistsError(
            f"{job.name}: {places[next(iter(sizes))]} exists already, "
            "and no summary says what made it",
            hint=hint,
        )
    if summary.get("fingerprint") != setup.fingerprint(job):
        raise OutputExistsError(
            f"{job.name}: {places[job.outputs.summary.name]} exists already, "
            "from another input or other settings",
            hint=hint,
        )
    return _whole(job, summary, sizes)


def _results(job: Job) -> tuple[dict[str, int], dict[str, Any] | None]:
    """By name, the sizes of the results that are there; and the summary."""
    if job.destination is not None:
        return storage.results(job.destination, [path.name for path in job.outputs])
    sizes: dict[str, int] = {}
    for path in job.outputs:
        with suppress(OSError):
            sizes[path.name] = path.stat().st_size
    return sizes, read_summary(job.outputs.summary) if sizes else None


def _whole(job: Job, summary: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether every file that the summary tells of is there and as long as it was."""
    wanted = [job.outputs.faces, job.outputs.frames]
    if "video" in summary.get("outputs", {}):
        wanted.append(job.outputs.video)
    told = summary.get("bytes", {})
    return all(path.name in sizes and sizes[path.name] == told.get(path.name) for path in wanted)
