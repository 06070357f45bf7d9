"""What became of each input, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vidfx.errors import (
    ChangedError,
    CrashedError,
    InputError,
    NothingReadableError,
    OutputExistsError,
    StalledError,
    UnavailableError,
    VidfxError,
)

OutcomeStatus = Literal["done", "skipped", "failed", "planned"]


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    input: str
    status: OutcomeStatus
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    counts: dict[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    pixels: int = 0
    "of all frames that were or will be annotated, as far as that is known"
    warnings: tuple[str, ...] = ()
    error: VidfxError | None = None

    def as_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"input": self.input, "status": self.status}
        if self.outputs:
            content["outputs"] = self.outputs
        if self.counts:
            content["counts"] = self.counts
        if self.status == "done":
            content["seconds"] = self.seconds
        if self.warnings:
            content["warnings"] = list(self.warnings)
        if self.error:
            content["error"] = self.error.as_json()
        return content


def in_order_of(names: Iterable[str]) -> Callable[[Outcome], int]:
    """A key that sorts outcomes: those that were no job, then those of the jobs ``names``."""
    place = {name: number for number, name in enumerate(names)}
    return lambda outcome: place.get(outcome.input, -1)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 all done, 1 some input failed, 3 nothing could be read; 2 or 4 if all failed for that."""
    errors = [o.error for o in outcomes if o.error]
    if not errors:
        return 0
    if len(errors) < len(outcomes):
        return 1
    not_read = (OutputExistsError, CrashedError, StalledError, ChangedError)
    if all(isinstance(e, InputError) and not isinstance(e, not_read) for e in errors):
        return NothingReadableError.exit_code
    codes = {e.exit_code for e in errors}
    return codes.pop() if len(codes) == 1 else 1


def as_failure(source: object, error: Exception) -> VidfxError:
    """``error`` as one that a user can read, about ``source``."""
    if isinstance(error, VidfxError):
        return error
    if isinstance(error, MemoryError):
        return UnavailableError(
            f"{source}: this process may not have enough memory",
            hint="raise the limit (ulimit -d, ulimit -v), or give fewer --jobs",
        )
    failure = VidfxError(
        f"{source}: unexpected {type(error).__name__}: {error}",
        hint="please report it, with the output of --debug",
    )
    failure.__cause__ = error
    return failure
