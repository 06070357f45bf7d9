"""The rule by which finished work is skipped.

A video is finished when its summary has the fingerprint of this work (input, settings, messages,
models), and all results exist with the sizes that the summary lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from vidfx.annotation.context import Context
from vidfx.annotation.corrections import are_drawn
from vidfx.annotation.same_input import input_state, is_newly_dated
from vidfx.config import SETTINGS
from vidfx.errors import OtherSettingsError, OutputExistsError
from vidfx.jobs import storage
from vidfx.jobs.plan import Job
from vidfx.output.strict_json import to_json
from vidfx.output.summary import read_summary
from vidfx_engines.fingerprint import spec_fingerprint

FACTS = {"input", "settings", "messages", "models"}
_DEFAULTS: Mapping[str, Any] = json.loads(to_json({n: s.default for n, s in SETTINGS.items()}))
HINT = "use --overwrite, or another output folder"


def work_fingerprint(job: Job, context: Context) -> dict[str, Any]:
    """What two runs must have in common for their results to be the same."""
    return {"input": input_state(job)} | work_without_input(context)


def work_without_input(context: Context) -> dict[str, Any]:
    """What all inputs of a run have in common, in a fingerprint."""
    return {
        "settings": context.settings.about_results(),
        "messages": context.messages,
        "models": [spec_fingerprint(s.engine.spec) for s in context.models.selections],
        **({"people": people.gallery.fingerprint()} if (people := context.models.people) else {}),
    }


def why_done(job: Job, context: Context, *, overwrite: bool) -> str | None:
    """Why this work is not to be done: its results exist already, complete. None where it is.

    With ``overwrite`` results of other settings are replaced, and those of this work too.
    Raises OtherInputError where there are results of another input, even with ``overwrite``;
    OtherSettingsError where there are those of other settings; OutputExistsError where nothing says
    what made them; OutputError where their store cannot be read.
    """
    sizes, summary = _results(job)
    if not sizes:
        return None
    places = dict(zip((path.name for path in job.outputs), job.addresses(), strict=True))
    place = places[job.outputs.summary.name]
    if summary is None or not FACTS.issubset(summary.get("fingerprint", ())):
        if overwrite:
            return None
        raise OutputExistsError(
            f"{job.name}: {places[next(iter(sizes))]} exists already, "
            "and no summary says what made it",
            hint=HINT,
        )
    new_date = is_newly_dated(job, summary, place, overwrite=overwrite)
    if overwrite:
        return None
    now = work_fingerprint(job, context)
    if changes := differences(summary["fingerprint"], summary["models"], context, now):
        raise OtherSettingsError(f"{job.name}: {place} exists already, from {changes}", hint=HINT)
    if not _are_complete(job, summary, sizes):
        return None
    same = "done already, with the same input and settings"
    if context.settings.video and not are_drawn(job, context, summary):
        same += "; its corrections changed since, which `vidfx render` draws"
    return f"{same}; only the input's date changed" if new_date else same


def differences(
    before: Mapping[str, Any],
    models: Iterable[Mapping[str, Any]],
    context: Context,
    work: dict[str, Any],
) -> str:
    """What results were made with, and this work has otherwise, for people; empty if nothing.

    ``before`` is their fingerprint, and ``models`` are described as in their summary.
    """
    return "; ".join(_differences(before, models, context, json.loads(to_json(work))))


def _differences(
    before: Mapping[str, Any],
    models: Iterable[Mapping[str, Any]],
    context: Context,
    now: Mapping[str, Any],
) -> Iterator[str]:
    if changes := _changes(*map(_with_defaults, (before["settings"], now["settings"]))):
        yield f"other settings ({changes})"
    if before["messages"] != now["messages"]:
        changes = _changes(before["messages"] or {}, now["messages"] or {})
        yield f"other messages ({changes})"
    if before["models"] != now["models"]:
        described = (models, context.models.describe())
        changes = _changes(*({m["task"]: _model(m) for m in each} for each in described))
        yield f"other models ({changes or 'their thresholds'})"
    if before.get("people") != now.get("people"):
        yield "another gallery of people"


def _with_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier version had no setting for counts as the default of today."""
    return {**_DEFAULTS, **settings}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The names whose values differ, with both: "every: 0 before, 2 now"."""
    names = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    return ", ".join(
        f"{name}: {_text(old.get(name))} before, {_text(new.get(name))} now" for name in names
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else repr(value) if isinstance(value, str) else f"{value}"


def _model(described: Mapping[str, Any]) -> str:
    return f"{described['name']} {described['sha256'][:8]}"


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
    outputs, listed = job.outputs, summary.get("outputs", {})
    wanted = [outputs.faces, outputs.frames]
    names = ("video", "unshown", "privacy", "embeddings")
    others = {name: getattr(outputs, name) for name in names}
    wanted += [path for name, path in others.items() if name in listed]
    recorded = summary.get("bytes", {})
    return all(p.name in sizes and sizes[p.name] == recorded.get(p.name) for p in wanted)
