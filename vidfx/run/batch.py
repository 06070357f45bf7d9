"""MANY videos, one after the other: a failure costs its own input and no other."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import InputError, NothingReadableError, OutputExistsError, VidfxError
from vidfx.run.models import load_models
from vidfx.run.plan import Job, Plan, plan
from vidfx.run.progress import Listener
from vidfx.run.video import annotate_video, is_done, messages_of


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    input: str
    status: str
    "done, skipped, failed or planned"
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    counts: dict[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: VidfxError | None = None

    def as_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"input": self.input, "status": self.status}
        if self.outputs:
            content["outputs"] = self.outputs
        if self.counts:
            content |= {"counts": self.counts, "seconds": self.seconds}
        if self.warnings:
            content["warnings"] = list(self.warnings)
        if self.error:
            content["error"] = {
                "type": type(self.error).__name__,
                "message": str(self.error),
                "hint": self.error.hint,
            }
        return content


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 all done, 1 some input failed, 3 nothing could be read."""
    errors = [o.error for o in outcomes if o.error]
    if not errors:
        return 0
    unreadable = all(
        isinstance(e, InputError) and not isinstance(e, OutputExistsError) for e in errors
    )
    if len(errors) == len(outcomes) and unreadable:
        return NothingReadableError.exit_code
    return 1


def annotate(
    inputs: Sequence[str],
    out: Path,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    outcomes: list[Outcome] | None = None,
) -> list[Outcome]:
    """Annotate all inputs into ``out``; returns what became of each, in the order given.

    ``outcomes``, if given, is filled as the run goes on, so that whoever interrupts it has it.
    Raises UnavailableError before any work where a model, device or backend is not available.
    """
    outcomes = [] if outcomes is None else outcomes
    work = plan(inputs, out)
    _refuse(work, outcomes, listener)
    if dry_run:
        outcomes += [Outcome(str(j.source), "planned", _names(j, settings)) for j in work.jobs]
        return outcomes
    if not work.jobs:
        return outcomes
    with load_models(settings) as models:
        if models.emotion:
            messages_of(settings, models.emotion.spec.labels)
        for notice in models.notices:
            listener.notice(notice)
        for selection in models.selections:
            listener.notice(f"{selection.engine.spec.task}: {selection.reason}")
        for job in work.jobs:
            try:
                if is_done(job, settings, models):
                    listener.skipped(job, "done already with these settings and models")
                    outcomes.append(Outcome(str(job.source), "skipped", _names(job, settings)))
                    continue
                summary = annotate_video(job, settings, models, listener)
            except VidfxError as error:
                listener.failed(str(job.source), error)
                outcomes.append(Outcome(str(job.source), "failed", error=error))
                continue
            finally:
                _give_memory_back()
            listener.done(job, summary)
            outcomes.append(
                Outcome(
                    str(job.source),
                    "done",
                    _names(job, settings),
                    summary["counts"],
                    summary["seconds"]["total"],
                    tuple(summary["warnings"]),
                )
            )
    return outcomes


def _give_memory_back() -> None:
    """Each video's threads leave freed memory in the allocator's arenas, some 20 MB a video."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)


def _refuse(work: Plan, outcomes: list[Outcome], listener: Listener) -> None:
    for name, error in work.refused:
        listener.failed(name, error)
        outcomes.append(Outcome(name, "failed", error=error))


def _names(job: Job, settings: Settings) -> dict[str, str]:
    outputs = job.outputs
    names = {
        "video": outputs.video,
        "faces": outputs.faces,
        "frames": outputs.frames,
        "summary": outputs.summary,
    }
    return {k: str(v) for k, v in names.items() if k != "video" or settings.video}
