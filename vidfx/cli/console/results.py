"""What commands write to stdout: one JSON object, or the plan of a dry run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vidfx.errors import VidfxError
from vidfx.notation import clean
from vidfx.output.strict_json import to_json

if TYPE_CHECKING:
    from vidfx.jobs.outcomes import Outcome


def write_object(content: object) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(to_json(content) + "\n")
    sys.stdout.flush()


def write_outcomes(
    outcomes: Sequence[Outcome], code: int, failure: VidfxError | None, left_out: Sequence[str]
) -> None:
    """The result of a run as one object on stdout."""
    content: dict[str, Any] = {"schema": "vidfx.annotate/1", "exit_code": code}
    if failure:
        content["error"] = failure.as_json()
    if left_out:
        content["left_out"] = list(left_out)
    content["results"] = [outcome.as_json() for outcome in outcomes]
    write_object(content)


def write_plan(outcomes: Sequence[Outcome]) -> None:
    """What a dry run would do, on stdout."""
    for outcome in outcomes:
        if outcome.status == "planned":
            folder = outcome.outputs["summary"].rpartition("/")[0]  # of a path or a URL
            sys.stdout.write(clean(f"{outcome.input} -> {folder}") + "\n")
            for path in outcome.outputs.values():
                sys.stdout.write(clean(f"    {path}") + "\n")
