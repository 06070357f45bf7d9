"""Temporary files that dead runs left behind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vidfx.jobs.plan import Job
from vidfx_engines.files import part_name, same_part


def find_leftovers(jobs: Sequence[Job]) -> dict[Path, list[Path]]:
    """By job's summary: temporary files of its results, of runs that live or that died."""
    parts: dict[Path, list[Path]] = {}
    for folder in {job.outputs.summary.parent for job in jobs}:
        with suppress(OSError):
            for file in folder.iterdir():
                if file.name.endswith(".part"):
                    parts.setdefault(folder / same_part(file.name), []).append(file)
    found: dict[Path, list[Path]] = {}
    for job in jobs if parts else ():
        for path in job.outputs:
            if files := parts.get(path.with_name(same_part(part_name(path.name)))):
                found.setdefault(job.outputs.summary, []).extend(files)
    return found


def remove_parts(job: Job, owner: int) -> None:
    """Remove the temporary files of a process that died over ``job``, or over a segment of it.

    Of segments that it had made before, nothing is removed.
    """
    if job.part is None:
        files = (f for found in find_leftovers([job]).values() for f in found)
        doomed = [f for f in files if f.name.endswith(f".{owner}.part")]
    else:
        paths = map(job.part.file, job.outputs)
        doomed = [path.with_name(part_name(path.name, owner)) for path in paths]
    for file in doomed:
        with suppress(OSError):
            file.unlink()
