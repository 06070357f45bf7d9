"""What commands write to stdout: one JSON object, or the plan of a dry run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vidfx.errors import VidfxError
from vidfx.notation import clean, duration
from vidfx.output.strict_json import to_json

if TYPE_CHECKING:
    from vidfx.jobs.outcomes import Outcome


def write_object(content: object) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(to_json(content) + "\n")
    sys.stdout.flush()


def write_outcomes(
    outcomes: Sequence[Outcome],
    code: int,
    failure: VidfxError | None,
    left_out: Sequence[str],
    schema: str,
    **facts: object,
) -> None:
    """The result of a run, with ``facts``, as one object on stdout."""
    content: dict[str, Any] = {"schema": schema, "exit_code": code} | facts
    if failure:
        content["error"] = failure.as_json()
    if left_out:
        content["left_out"] = list(left_out)
    content["results"] = [outcome.as_json() for outcome in outcomes]
    write_object(content)


def write_plan(outcomes: Sequence[Outcome]) -> None:
    """What a dry run would do, on stdout."""
    planned = [outcome for outcome in outcomes if outcome.status == "planned"]
    for outcome in planned:
        folder = [*outcome.outputs.values()][-1].rpartition("/")[0]  # of a path or a URL
        _write(f"{outcome.input}{_size(outcome)} -> {folder}")
        for path in outcome.outputs.values():
            _write(f"    {path}")


def write_length(outcomes: Sequence[Outcome], expected_s: float | None) -> None:
    """How much a dry run would annotate, on stdout; ``expected_s`` is how long it would take."""
    planned = [outcome for outcome in outcomes if outcome.status == "planned"]
    lengths = [o.counts["duration_s"] for o in planned if "duration_s" in o.counts]
    if lengths:
        how_long = (
            "how long it takes is known after a first run with these settings"
            if expected_s is None
            else f"about {duration(expected_s)}, as the latest run with these settings went"
        )
        of = "" if len(lengths) == len(planned) else f" of {len(planned)}"
        _write(f"{len(lengths)}{of} to annotate, {duration(sum(lengths))} of video: {how_long}")


def _size(outcome: Outcome) -> str:
    """Length and size of a video, where they are known."""
    counts = outcome.counts
    parts = [duration(counts["duration_s"])] if "duration_s" in counts else []
    if "width_px" in counts:
        parts.append(f"{counts['width_px']}x{counts['height_px']}")
    return f": {', '.join(parts)}" if parts else ""


def _write(line: str) -> None:
    sys.stdout.write(clean(line) + "\n")
