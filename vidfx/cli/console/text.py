"""Lines of text that commands write, and the parts they are made of."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vidfx.errors import VidfxError
from vidfx.notation import clean

if TYPE_CHECKING:
    from vidfx.jobs.outcomes import Outcome
    from vidfx.jobs.plan import Job


def say(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def error_line(error: VidfxError) -> str:
    """An error, and what to do about it."""
    return f"vidfx: {error}" + (f" ({error.hint})" if error.hint else "")


def write_error(error: VidfxError) -> None:
    say(error_line(error))


def duration(seconds: float) -> str:
    """As people say it: 8 s, 3 min 20 s, 2 h 05 min, 4 d 3 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def retried_line(job: Job, why: str) -> str:
    return f"{job.name}: {why}; retrying"


def skipped_line(job: Job, why: str) -> str:
    return f"{job.name}: skipped, {why} (--overwrite to do it again)"


def done_line(job: Job, summary: dict[str, Any]) -> str:
    """One line about a finished video."""
    counts, total = summary["counts"], summary["seconds"]["total"]
    tracks, frames = counts["tracks"], counts["frames"]
    line = f"{job.name}: done, {frames} frames, {tracks} tracks, {frames / total:.1f} frames/s"
    video, faces, *_ = job.addresses()
    return f"{line} -> {video if 'video' in summary['outputs'] else faces}"


def warning_lines(job: Job, summary: dict[str, Any]) -> list[str]:
    """Warnings about the video itself; files left out beside it are reported once for the run."""
    own = [warning for warning in summary["warnings"] if warning not in job.left_out]
    return [f"{job.name}: warning: {warning}" for warning in own]


def ended_line(outcomes: Sequence[Outcome], seconds: float) -> str:
    """One line about a whole run."""
    statuses = Counter(outcome.status for outcome in outcomes)
    counts = [
        f"{n} {status}" for status in ("done", "skipped", "failed") if (n := statuses[status])
    ]
    frames = sum(outcome.counts.get("frames", 0) for outcome in outcomes)
    rate = f", {frames / seconds:.1f} frames/s" if frames and seconds else ""
    return f"{len(outcomes)} videos: {', '.join(counts) or 'none'}, in {duration(seconds)}{rate}"
