"""The events of a run as lines of text, for a terminal and for a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vidfx.jobs.events import Started
from vidfx.jobs.outcomes import Outcome
from vidfx.jobs.plan import Job
from vidfx.notation import counted, duration
from vidfx_engines.names import some

MOST_EXPRESSIONS = 3
LEAST_SHARE = 0.05


def unit(job: Job) -> str:
    """What is counted of it."""
    return "photographs" if job.photographs else "frames"


def retried_line(job: Job, why: str) -> str:
    return f"{job.name}: {why}; retrying"


def skipped_line(job: Job, why: str) -> str:
    return f"{job.name}: skipped, {why} (--overwrite to do it again)"


def started_line(event: Started) -> str:
    if event.job.photographs:
        return f"{event.job.name}: {counted(event.expected or 0, 'photograph')}, started"
    return f"{event.job.name}: {event.width}x{event.height} {event.codec}, started"


def done_line(job: Job, summary: dict[str, Any]) -> str:
    """One line about a finished video: its length, who is in it, what they show, where it is.

    For photographs how many they are, and how many faces; for a video that was drawn again, how
    many frames.
    """
    counts = summary["counts"]
    if job.photographs:
        done = counted(counts["frames"], "photograph"), counted(counts["face_rows"], "face")
        return f"{job.name}: {', '.join(done)} -> {job.outputs.faces}"
    if "overview" not in summary:  # drawn again
        frames, seconds = counts["frames"], summary["seconds"]["total"]
        drawn = f"{counted(frames, 'frame')} drawn in {duration(seconds)}"
        return f"{job.name}: {drawn} -> {job.outputs.video}"
    length = (counts["last_frame_s"] or 0) - (counts["first_frame_s"] or 0)
    parts = [
        f"{duration(length)} of video in {duration(summary['seconds']['total'])}",
        *_shown(summary),
    ]
    video, faces, *_ = job.addresses()
    return f"{job.name}: {', '.join(parts)} -> {video if 'video' in summary['outputs'] else faces}"


def _shown(summary: dict[str, Any]) -> list[str]:
    """How many faces were followed and the names among them; the most frequent expressions, and how
    often there was none.
    """
    tracks, overview = summary["counts"]["tracks"], summary["overview"]
    names = overview["identities"]
    shares = list(overview["emotion_share"].items())[:MOST_EXPRESSIONS]
    shares.append(("unsure", overview["unsure_share"] or 0.0))
    return [
        (counted(tracks, "face") if tracks else "no face") + (f" ({some(names)})" if names else ""),
        *(f"{label} {share:.0%}" for label, share in shares if share >= LEAST_SHARE),
    ]


def warning_lines(job: Job, summary: dict[str, Any]) -> list[str]:
    """Warnings about the video itself; files left out beside it are reported once for the run."""
    own = [warning for warning in summary["warnings"] if warning not in job.left_out]
    return [f"{job.name}: warning: {warning}" for warning in own]


def ended_line(outcomes: Sequence[Outcome], seconds: float) -> str:
    """One line about a whole run."""
    statuses = Counter(outcome.status for outcome in outcomes)
    counts = [
        f"{n} {status}"
        for status in ("done", "skipped", "planned", "failed")
        if (n := statuses[status])
    ]
    frames = sum(outcome.counts["frames"] for outcome in outcomes if outcome.status == "done")
    rate = f", {frames / seconds:.1f} frames/s" if frames and seconds else ""
    inputs = counted(len(outcomes), "input")
    return f"{inputs}: {', '.join(counts) or 'none'}, in {duration(seconds)}{rate}"
