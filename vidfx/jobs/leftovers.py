"""Temporary files that dead processes left."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vidfx.jobs.plan import Job
from vidfx_engines.files import part_name, part_name_without_pid


def find_leftovers(jobs: Sequence[Job]) -> dict[Path, list[Path]]:
    """Temporary files of the results, of running and of dead processes, by path of the summary."""
    parts: dict[Path, list[Path]] = {}
    for folder in {job.outputs.summary.parent for job in jobs}:
        with suppress(OSError):
            for file in folder.iterdir():
                if file.name.endswith(".part"):
                    parts.setdefault(folder / part_name_without_pid(file.name), []).append(file)
    found: dict[Path, list[Path]] = {}
    for job in jobs if parts else ():
        for path in job.outputs:
            if files := parts.get(path.with_name(part_name_without_pid(part_name(path.name)))):
                found.setdefault(job.outputs.summary, []).extend(files)
    return found


def remove_parts_of(job: Job, pid: int) -> None:
    """Remove the temporary files that process ``pid``, which died, left of ``job``."""
    for files in find_leftovers([job]).values():
        for file in files:
            if file.name.endswith(f".{pid}.part"):
                with suppress(OSError):
                    file.unlink()
