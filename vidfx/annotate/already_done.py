"""The rule by which finished work is skipped.

A video is finished when its summary has the fingerprint of this work (input, settings, messages,
models), and all results exist with the sizes that the summary lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from vidfx.annotate.context import Context
from vidfx.errors import ChangedError, OutputExistsError
from vidfx.jobs import storage
from vidfx.jobs.plan import Job
from vidfx.output.strict_json import to_json
from vidfx.output.summary import read_summary
from vidfx.video.read.image_source import pictures_in
from vidfx_engines.fingerprint import spec_fingerprint


def work_fingerprint(job: Job, context: Context) -> dict[str, Any]:
    """What two runs must have in common for their results to be the same."""
    return {
        "input": _input_state(job),
        "settings": context.settings.about_results(),
        "messages": context.messages,
        "models": [spec_fingerprint(s.engine.spec) for s in context.models.selections],
    }


def is_done(job: Job, context: Context, *, overwrite: bool) -> bool:
    """Whether the results of this work exist already, complete; never with ``overwrite``.

    Raises OutputExistsError where other results exist, OutputError where the store of the results
    cannot be read.
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
    before, now = summary.get("fingerprint"), json.loads(to_json(work_fingerprint(job, context)))
    if before != now:
        known = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
        why = " and ".join(_differences(known, now))
        raise OutputExistsError(
            f"{job.name}: {places[job.outputs.summary.name]} exists already, "
            f"from {why or 'another vidfx'}",
            hint=hint,
        )
    return _are_complete(job, summary, sizes)


def check_unchanged(job: Job, before: Mapping[str, Any]) -> None:
    """Raises ChangedError where the input changed since its fingerprint ``before`` was taken."""
    if _input_state(job) != before["input"]:
        raise ChangedError(
            f"{job.name}: it changed while it was read, so its results would be of a part",
            hint="run again when it is complete",
        )


def _input_state(job: Job) -> list[list[str | int]]:
    """Name, size and modification time of a file, or of every file in a folder of pictures."""
    source, origin = job.source, job.origin
    if origin is not None:
        return [[origin.url, origin.size, origin.stamp]]
    states = [(file.name, file.stat()) for file in files_of(source)]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in states]


def files_of(source: Path) -> list[Path]:
    """A video, or the pictures of a folder."""
    files = pictures_in(source) if source.is_dir() else [source]
    return [file for file in files if file.is_file()]


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two fingerprints, for people."""
    old, new = before.get("input"), now["input"]
    if old != new:
        yield _grown(old, new) or "another input"
    old, new = before.get("settings"), now["settings"]
    if old != new:
        known = cast("dict[str, Any]", old) if isinstance(old, dict) else {}
        names = [name for name in new if name not in known or known[name] != new[name]]
        yield f"other settings ({', '.join(names)})" if names else "other settings"
    yield from (f"other {name}" for name in ("models", "messages") if before.get(name) != now[name])


def _grown(old: Any, new: list[list[Any]]) -> str | None:
    """For a file that has grown since: it may have been read before it was complete."""
    with suppress(TypeError, ValueError):
        ((old_name, old_size, _),), ((name, size, _),) = old, new
        if old_name == name and old_size < size:
            return f"another input: it had {old_size} bytes, and now it has {size}"
    return None


def _results(job: Job) -> tuple[dict[str, int], dict[str, Any] | None]:
    """The sizes of the results that exist, by name, and their summary."""
    if job.destination is not None:
        return storage.results(job.destination, [path.name for path in job.outputs])
    sizes: dict[str, int] = {}
    for path in job.outputs:
        with suppress(OSError):
            sizes[path.name] = path.stat().st_size
    return sizes, read_summary(job.outputs.summary) if sizes else None


def _are_complete(job: Job, summary: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether every file that the summary lists exists with the size that it had."""
    wanted = [job.outputs.faces, job.outputs.frames]
    if "video" in summary.get("outputs", {}):
        wanted.append(job.outputs.video)
    recorded = summary.get("bytes", {})
    return all(p.name in sizes and sizes[p.name] == recorded.get(p.name) for p in wanted)
