"""What a drawn video was made of, and the rule by which it is not drawn again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

from vidfx.config import SETTINGS
from vidfx.errors import OtherInputError, OutputExistsError, read_errors
from vidfx.jobs.content import content_hash
from vidfx.output.strict_json import to_json
from vidfx.render.source import recorded_source
from vidfx.render.task import RenderJob
from vidfx.render.work import RenderWork
from vidfx.saved.people import people_path
from vidfx.saved.runs import SavedVideo
from vidfx_engines.files import read_text

SCHEMA = "vidfx.rendered/1"
HINT = "use --overwrite, or another folder with -o"


def render_fingerprint(work: RenderWork) -> dict[str, Any]:
    """What two renders must have in common to be the same.

    The source is in it as the rows' own record of it, with which it is compared later.
    """
    video, context = work.video, work.context
    entries, source_hash = recorded_source(video)
    with read_errors(video.path):
        rows = blake2b(video.path.read_bytes(), digest_size=16).hexdigest()
        tables = content_hash([*filter(None, (video.faces, video.frames, video.unshown))])
    values = asdict(context.settings)
    values["hide"] = [*values["hide"]]  # as JSON has it
    drawn = {name: values[name] for name, s in SETTINGS.items() if s.option.decides == "video"}
    return {
        "source": {"files": [[name, size] for name, size, _ in entries], "hash": source_hash},
        "rows": {"summary": rows, "tables": tables},
        "settings": drawn | {"start": values["start"] or None, "end": values["end"]},
        "messages": context.messages,
        "corrections": work.corrections.fingerprint(),
        **_people(video),
        "only": sorted(set(work.options.only)),
    }


def _people(video: SavedVideo) -> dict[str, str]:
    """Who its tracks are, where it was asked."""
    if video.people is None:
        return {}
    with read_errors(video.path):
        return {"people": content_hash([people_path(video.path)])}


def read_record(job: RenderJob) -> dict[str, Any] | None:
    """What the earlier video at this place was made of; None where nothing says it."""
    with suppress(OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        content = json.loads(read_text(job.outputs.summary))
        if content.get("schema") == SCHEMA and isinstance(content["fingerprint"]["source"], dict):
            return content
    return None


def why_rendered(job: RenderJob, now: Mapping[str, Any], *, overwrite: bool) -> str | None:
    """Why a video is not to be drawn: it is there already, made of the same. None where it is.

    Raises OtherInputError where the one that is there is of another source, OutputExistsError where
    nothing says what made it; with ``overwrite`` only the first.
    """
    place = job.outputs.video
    try:
        size = place.stat().st_size
    except OSError:
        return None
    record = read_record(job)
    if record is None:
        if overwrite:
            return None
        raise OutputExistsError(
            f"{job.name}: {place} exists already, and no record says what made it", hint=HINT
        )
    before = record["fingerprint"]
    if before["source"] != json.loads(to_json(now["source"])):
        raise OtherInputError(
            f"{job.name}: {place} is of another video", hint="use another folder with -o"
        )
    if overwrite or before != json.loads(to_json(now)):
        return None
    same = record.get("bytes") == {place.name: size}
    return "done already, of the same rows and settings" if same else None
