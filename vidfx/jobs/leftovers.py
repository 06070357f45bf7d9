"""Temporary files that dead processes left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from vidfx.jobs.photographs import Photograph
from vidfx.jobs.plan import Job
from vidfx_engines.files import part_name, part_name_without_pid


def find_leftovers(jobs: Sequence[Job]) -> dict[Path, list[Path]]:
    """Temporary files of the results, of running and of dead processes, by path of the summary."""
    parts = _parts_beside(path for job in jobs for path in job.outputs)
    found: dict[Path, list[Path]] = {}
    for job in jobs if parts else ():
        for path in job.outputs:
            if files := parts.get(_without_pid(path)):
                found.setdefault(job.outputs.summary, []).extend(files)
    return found


def remove_parts_of(job: Job, pid: int) -> None:
    """Remove the temporary files that process ``pid``, which died, left of ``job``."""
    for files in find_leftovers([job]).values():
        _remove(files, pid)


def remove_parts_of_photographs(photographs: Sequence[Photograph], pid: int | None = None) -> None:
    """Remove the temporary files that process ``pid``, or any, left of photographs' results."""
    parts = _parts_beside(photograph.result for photograph in photographs)
    for photograph in photographs if parts else ():
        _remove(parts.get(_without_pid(photograph.result), ()), pid)


def _parts_beside(results: Iterable[Path]) -> dict[Path, list[Path]]:
    """All temporary files in the folders of ``results``, by their path without the process."""
    parts: dict[Path, list[Path]] = {}
    for folder in {result.parent for result in results}:
        with suppress(OSError):
            for file in folder.iterdir():
                if file.name.endswith(".part"):
                    parts.setdefault(folder / part_name_without_pid(file.name), []).append(file)
    return parts


def _without_pid(result: Path) -> Path:
    return result.with_name(part_name_without_pid(part_name(result.name)))


def _remove(files: Iterable[Path], pid: int | None) -> None:
    for file in files:
        if pid is None or file.name.endswith(f".{pid}.part"):
            with suppress(OSError):
                file.unlink()
