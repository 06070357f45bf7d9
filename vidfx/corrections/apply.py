"""Corrections applied to rows, some frames at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vidfx.corrections.boxes import DrawBoxes
from vidfx.corrections.hidden import HideOrShow
from vidfx.corrections.line import ACTIONS, Action, Correction
from vidfx.corrections.steps import Deny, Drop, Express, Rename, Renumber, Step
from vidfx.stages.settled import Settled

STEPS: Mapping[Action, type[Step]] = {
    "split": Renumber,
    "merge": Renumber,
    "box": DrawBoxes,
    "drop": Drop,
    "rename": Rename,
    "not": Deny,
    "expression": Express,
    "hide": HideOrShow,
    "show": HideOrShow,
}


class Corrector:
    """Corrects the rows of one video: all lines of one action, then those of the next.

    Those of one action are applied in their order. hide and show change no row: ``hidden.py`` says
    whom they are about.
    """

    def __init__(self, lines: Sequence[Correction]) -> None:
        of = [(STEPS[action], [one for one in lines if one.action == action]) for action in ACTIONS]
        self.steps = [step(some) for step, some in of if some]
        "in their order"

    def __call__(self, settled: Settled) -> Settled:
        """The next frames, corrected."""
        for step in self.steps:
            settled = step(settled)
        return settled

    def unused(self) -> list[Correction]:
        """The lines that were about no row so far."""
        return [line for step in self.steps for line in step.lines if not step.rows[line]]

    def warnings(self) -> Iterator[str]:
        """After all rows, a line about each line that was about nothing."""
        for line in self.unused():
            yield f"{line.place}: {line.action} of track {line.track} fits no row"


def apply(settled: Iterable[Settled], lines: Sequence[Correction]) -> Iterator[Settled]:
    """The rows with all ``lines``. Memory does not grow with the video."""
    return map(Corrector(lines), settled)
