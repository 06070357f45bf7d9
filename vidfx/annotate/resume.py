"""The done-rule: a video is done when its summary says that this very work made whole results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

from vidfx.annotate.context import Context
from vidfx.errors import ChangedError, OutputExistsError
from vidfx.jobs import storage
from vidfx.jobs.plan import Job
from vidfx.output.strict_json import to_json
from vidfx.output.summary import read_summary


def is_done(job: Job, context: Context, *, overwrite: bool) -> bool:
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
    before, now = summary.get("fingerprint"), json.loads(to_json(context.fingerprint(job)))
    if before != now:
        known = cast("dict[str, Any]", before) if isinstance(before, dict) else {}
        why = " and ".join(_differences(known, now))
        raise OutputExistsError(
            f"{job.name}: {places[job.outputs.summary.name]} exists already, "
            f"from {why or 'another vidfx'}",
            hint=hint,
        )
    return _whole(job, summary, sizes)


def check_unchanged(job: Job, context: Context, fingerprint: Mapping[str, Any]) -> None:
    """Raises ChangedError where the input is no longer what it was at the beginning."""
    if context.fingerprint(job)["input"] != fingerprint["input"]:
        raise ChangedError(
            f"{job.name}: it changed while it was read, so its results would be of a part",
            hint="run again when it is complete",
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What makes two fingerprints differ, in words."""
    old, new = before.get("input"), now["input"]
    if old != new:
        yield _changed(old, new) or "another input"
    old, new = before.get("settings"), now["settings"]
    if old != new:
        known = cast("dict[str, Any]", old) if isinstance(old, dict) else {}
        names = [name for name in new if name not in known or known[name] != new[name]]
        yield f"other settings ({', '.join(names)})" if names else "other settings"
    yield from (f"other {name}" for name in ("models", "messages") if before.get(name) != now[name])


def _changed(old: Any, new: list[list[Any]]) -> str | None:
    """Of a file that may have been read before it was complete."""
    with suppress(TypeError, ValueError):
        ((old_name, old_size, _),), ((name, size, _),) = old, new
        if old_name == name and old_size < size:
            return f"another input: it had {old_size} bytes, and now it has {size}"
    return None


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
