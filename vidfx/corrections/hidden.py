"""Whom people want hidden or shown, and who they say that a face is, whatever else decides it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vidfx.corrections.line import Correction
from vidfx.corrections.steps import Rename, Step
from vidfx.stages.settled import Settled

SHOW, UNSAID, HIDE = -1, 0, 1


def hidden_spans(lines: Sequence[Correction]) -> list[Correction]:
    """The lines of hide and show, in their order: where several hold, the last one counts.

    ``holds`` says at which times. Their tracks are as numbered after ``apply``.
    """
    return [line for line in lines if line.action in ("hide", "show")]


class HideOrShow(Step):
    """What lines of hide and show say about corrected rows, which it does not change."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        """Lines of other actions are left out."""
        super().__init__(hidden_spans(lines))

    def __call__(self, settled: Settled) -> Settled:
        self.said(settled)
        return settled

    def said(self, settled: Settled) -> np.ndarray:
        """(N,) int64 of each face: HIDE, SHOW, or UNSAID where no line is about it."""
        found = np.full(len(settled.faces), UNSAID)
        for line, which in self.about(settled, settled.faces.track):
            found[which] = HIDE if line.action == "hide" else SHOW
        return found


class GivenNames(Rename):
    """The names that people gave to corrected rows."""

    def __init__(self, lines: Sequence[Correction]) -> None:
        """Lines of other actions are left out."""
        super().__init__([line for line in lines if line.action == "rename"])

    def of(self, settled: Settled) -> list[str | None]:
        """That of each face; None where nobody named it, or it lost the name again."""
        faces = settled.faces
        have = faces.identity.texts() if faces.identity else [None] * len(faces)
        names: list[str | None] = [None] * len(faces)
        for line, which in self.about(settled, faces.track):
            rows: list[int] = np.flatnonzero(which).tolist()
            for row in rows:
                names[row] = line.name
        return [name if name == now else None for name, now in zip(names, have, strict=True)]
