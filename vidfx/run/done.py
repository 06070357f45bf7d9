"""The done-rule: a video is done when its summary says that this very work made whole results."""

from __future__ import annotations

from typing import Any

from vidfx.errors import OutputExistsError
from vidfx.output.summary import read_summary
from vidfx.run.plan import Job
from vidfx.run.setup import Setup


def is_done(job: Job, setup: Setup, *, overwrite: bool) -> bool:
    """Whether the results of this very work stand there already, all of them, at their sizes.

    Raises OutputExistsError where other results stand there and may not be overwritten.
    """
    if overwrite:
        return False
    existing = [path for path in job.outputs if path.exists()]
    if not existing:
        return False
    hint = "use --overwrite, or another output folder"
    summary = read_summary(job.outputs.summary)
    if summary is None:
        raise OutputExistsError(
            f"{job.source}: {existing[0]} exists already, and no summary says what made it",
            hint=hint,
        )
    if summary.get("fingerprint") != setup.fingerprint(job.source):
        raise OutputExistsError(
            f"{job.source}: {job.outputs.summary} exists already, "
            "from another input or other settings",
            hint=hint,
        )
    return whole(job, summary)


def whole(job: Job, summary: dict[str, Any]) -> bool:
    """Whether every file that the summary tells of is there and as long as it was."""
    sizes = summary.get("bytes", {})
    wanted = [job.outputs.faces, job.outputs.frames]
    if "video" in summary.get("outputs", {}):
        wanted.append(job.outputs.video)
    try:
        return all(path.stat().st_size == sizes.get(path.name) for path in wanted)
    except OSError:
        return False
