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
from vidfx.run.plan import Job, plan
from vidfx.run.progress import Listener
from vidfx.run.setup import Setup, set_up
from vidfx.run.video import annotate_video, is_done


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
    """0 all done, 1 some input failed, 3 nothing could be read; 2 or 4 if all failed for that."""
    errors = [o.error for o in outcomes if o.error]
    if not errors:
        return 0
    if len(errors) < len(outcomes):
        return 1
    if all(isinstance(e, InputError) and not isinstance(e, OutputExistsError) for e in errors):
        return NothingReadableError.exit_code
    codes = {e.exit_code for e in errors}
    return codes.pop() if len(codes) == 1 else 1


def annotate(
    inputs: Sequence[str],
    out: Path,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    outcomes: list[Outcome] | None = None,
) -> list[Outcome]:
    """Annotate all inputs into ``out``; returns what became of each.

    Inputs that cannot even be jobs come first, then the jobs in order. ``outcomes``, if given, is
    filled as the run goes on, so that whoever interrupts it has it. A dry run looks, and does
    nothing. Raises UsageError and UnavailableError before any work where messages are wrong or an
    engine, device or backend is not available.
    """
    outcomes = [] if outcomes is None else outcomes
    work = plan(inputs, out)
    for name, error in work.refused:
        listener.failed(name, error)
        outcomes.append(Outcome(name, "failed", error=error))
    if not work.jobs:
        return outcomes
    with set_up(settings) as setup:
        for notice in setup.models.notices():
            listener.notice(notice)
        for job in work.jobs:
            try:
                outcomes.append(_one(job, setup, listener, dry_run=dry_run))
            except Exception as error:  # noqa: BLE001 - one video's fault must not end the others
                failure = as_failure(job.source, error)
                listener.failed(str(job.source), failure)
                outcomes.append(Outcome(str(job.source), "failed", error=failure))
            finally:
                give_memory_back()
    return outcomes


def _one(job: Job, setup: Setup, listener: Listener, *, dry_run: bool) -> Outcome:
    name, outputs = str(job.source), _names(job, setup.settings)
    if is_done(job, setup):
        listener.skipped(job, "done already, with the same input and settings")
        return Outcome(name, "skipped", outputs)
    if dry_run:
        return Outcome(name, "planned", outputs)
    summary = annotate_video(job, setup, listener)
    listener.done(job, summary)
    seconds, warnings = summary["seconds"]["total"], tuple(summary["warnings"])
    return Outcome(name, "done", outputs, summary["counts"], seconds, warnings)


def as_failure(source: Path, error: Exception) -> VidfxError:
    """``error`` as what may be told of ``source``."""
    if isinstance(error, VidfxError):
        return error
    failure = VidfxError(
        f"{source}: unexpected {type(error).__name__}: {error}",
        hint="please report it, with the output of --debug",
    )
    failure.__cause__ = error
    return failure


def give_memory_back() -> None:
    """Each video's threads leave freed memory in the allocator's arenas, some 20 MB a video."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)


def _names(job: Job, settings: Settings) -> dict[str, str]:
    outputs = job.outputs
    names = {
        "video": outputs.video,
        "faces": outputs.faces,
        "frames": outputs.frames,
        "summary": outputs.summary,
    }
    return {k: str(v) for k, v in names.items() if k != "video" or settings.video}
