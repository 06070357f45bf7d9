"""Whether results are of this input: by names and sizes, and by date or, after a new date, content.

The content is read only where the date differs, and then 192 KiB of each file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vidfx.errors import ChangedError, OtherInputError, OutputExistsError
from vidfx.jobs.content import content_hash, object_hash
from vidfx.jobs.plan import Job
from vidfx.video.read.image_source import pictures_in


def input_state(job: Job) -> list[list[str | int]]:
    """Name, size and modification time of a file, or of every file in a folder of pictures.

    Of an object on storage: its URL, its size, and its ETag or time.
    """
    source, origin = job.source, job.origin
    if origin is not None:
        return [[origin.url, origin.size, origin.stamp]]
    states = [(file.name, file.stat()) for file in files_of(source)]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in states]


def files_of(source: Path) -> list[Path]:
    """A video, or the pictures of a folder."""
    files = pictures_in(source) if source.is_dir() else [source]
    return [file for file in files if file.is_file()]


def check_unchanged(job: Job, before: Mapping[str, Any]) -> None:
    """Raises ChangedError where the input changed since its fingerprint ``before`` was taken."""
    if input_state(job) != before["input"]:
        raise ChangedError(
            f"{job.name}: it changed while it was read, so its results would be of a part",
            hint="run again when it is complete",
        )


def is_newly_dated(job: Job, summary: Mapping[str, Any], place: str, *, overwrite: bool) -> bool:
    """Whether the input of the results at ``place``, which have this summary, got a new date.

    Raises OtherInputError where it was another input, OutputExistsError where that is unknown,
    except with ``overwrite``.
    """
    recorded: Any = summary["fingerprint"]["input"]
    now = input_state(job)
    if recorded == now:
        return False
    changes = "; ".join(_changes(recorded, now))
    old_hash = summary["input"].get("content_hash", {}).get("hex")
    if not changes and old_hash is None:
        if overwrite:
            return True
        raise OutputExistsError(
            f"{job.name}: {place} exists already; its input had another date, and an earlier vidfx "
            "stored no hash of the content",
            hint="use --overwrite if it is the same input, else another output folder",
        )
    if not changes and old_hash == _hash(job):
        return True
    where = summary["input"].get("absolute_path") or summary["input"]["path"]
    raise OtherInputError(
        f"{job.name}: {place} has the results of another input, {where}: "
        f"{changes or 'it had the same size but other content'}",
        hint="use another output folder; if this is a new version of the same input, "
        "remove those results first",
    )


def _hash(job: Job) -> str:
    return object_hash(job.origin) if job.origin else content_hash(files_of(job.source))


def _changes(old: list[list[Any]], new: list[list[Any]]) -> Iterator[str]:
    """What differs in names and sizes, for people."""
    if len(old) != len(new):
        yield f"it had {len(old)} files, and now it has {len(new)}"
        return
    for (old_name, old_size, _), (name, size, _) in zip(old, new, strict=True):
        if old_name != name:
            yield f"it was {old_name}"
        elif old_size != size:
            yield f"{'it' if len(new) == 1 else name} had {old_size} bytes, and now it has {size}"
        else:
            continue
        return
