"""One finished video that is drawn again: what each step of it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vidfx.annotation.drawing.draw_context import DrawContext
from vidfx.config import Settings
from vidfx.corrections.read import Corrections, saved_corrections
from vidfx.errors import InputError
from vidfx.messages import chosen_messages
from vidfx.render.task import RenderJob, RenderOptions
from vidfx.saved.runs import SavedVideo, load_video


@dataclass(frozen=True)
class RenderContext(DrawContext):
    """The settings of a run for the part of one video that was annotated."""

    names: Sequence[str] = ()

    @property
    def people(self) -> Sequence[str]:
        return self.names


@dataclass(frozen=True)
class RenderWork:
    """A job, its rows with their corrections, and how they are drawn."""

    job: RenderJob
    options: RenderOptions
    video: SavedVideo
    corrections: Corrections
    context: RenderContext


def load_work(job: RenderJob, options: RenderOptions, settings: Settings) -> RenderWork:
    """Read the summary and the corrections of a job.

    Raises InputError where they are wrong, UsageError for messages that do not suit them or cannot
    be drawn.
    """
    video = load_video(job.source)
    corrections = saved_corrections(video)
    start, end = _part(settings, video)
    messages = chosen_messages(settings.messages, video.expressions or ())
    people = dict.fromkeys([*_names(video), *(c.name or "" for c in corrections.of("rename"))])
    context = RenderContext(replace(settings, start=start, end=end), messages, tuple(people))
    context.check_texts(video.expressions or ())
    return RenderWork(job, options, video, corrections, context)


def _part(settings: Settings, video: SavedVideo) -> tuple[float | None, float | None]:
    """The playback seconds that were annotated and are asked for. Raises InputError."""
    annotated = video.summary.get("fingerprint", {}).get("settings", {})
    starts = [s for s in (annotated.get("start"), settings.start) if s]
    ends = [s for s in (annotated.get("end"), settings.end) if s is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    if start is not None and end is not None and start >= end:
        raise InputError(
            f"{video.path}: nothing from {settings.start or 0:g} s to {end:g} s was annotated",
            hint="check --start and --end",
        )
    return start, end


def _names(video: SavedVideo) -> list[str]:
    """Those that the engine and the gallery knew, and those of the tracks."""
    models, gallery = video.summary["models"], video.summary.get("people") or {"names": ()}
    known = [name for m in models if m["task"] == "identity" for name in m["labels"]]
    return [*known, *gallery["names"], *(video.people.names() if video.people else ())]
