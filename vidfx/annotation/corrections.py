"""What people corrected in earlier results of a video that is annotated (again).

The CSVs and the summary are of what the models found; what is drawn is corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from vidfx.annotation.context import Context
from vidfx.corrections.apply import Corrector, apply
from vidfx.corrections.hidden import GivenNames, HideOrShow
from vidfx.corrections.line import Correction
from vidfx.corrections.read import Corrections, read_corrections, read_lines
from vidfx.corrections.same_faces import SameFaces
from vidfx.errors import InputError
from vidfx.hide_settings import HideSettings
from vidfx.jobs.plan import Job
from vidfx.privacy.hiding import Hiding
from vidfx.saved.runs import SavedVideo, load_video
from vidfx.stages.settled import Settled


class RowCorrections:
    """Corrects the frames of one video, and compares its tracks with those of results before."""

    def __init__(
        self, corrections: Corrections | None = None, before: SavedVideo | None = None
    ) -> None:
        self._corrections = corrections or Corrections()
        lines = self._corrections.lines
        self._correct = Corrector(lines)
        self._same_faces = SameFaces(before, lines) if before and lines else None

    @property
    def hide(self) -> bool:
        """Whether they hide somebody."""
        return bool(self._corrections.of("hide"))

    def hiding(self, settings: HideSettings, rows: Callable[[], Iterable[Settled]]) -> Hiding:
        """Hides who they and ``settings`` say in ``rows``, which are not corrected yet.

        Lines that may be about another face now are left out. That is known once ``rows`` are.
        """

        def lines() -> Sequence[Correction]:
            return self._corrections.without(self._other_faces()).lines

        return Hiding(
            settings,
            lambda: apply(rows(), lines()),
            lambda settled: HideOrShow(lines()).said(settled),
            lambda settled: GivenNames(lines()).of(settled),
        )

    def applied(self, rows: Iterable[Settled]) -> Iterator[Settled]:
        """``rows``, which are all of the video, corrected; the lines that ``hiding`` leaves out are
        left out here too.
        """
        return apply(rows, self._corrections.without(self._other_faces()).lines)

    def add(self, settled: Settled) -> Settled:
        """The next frames, corrected."""
        if self._same_faces:
            self._same_faces.add(settled)
        return self._correct(settled)

    def warnings(self) -> Iterator[str]:
        """At the end of the video, about lines that do not fit it."""
        yield from self._correct.warnings()
        if self._same_faces:
            yield from self._same_faces.warnings()

    def describe(self) -> dict[str, Any]:
        """For the summary; nothing where there are no corrections."""
        if not self._corrections.lines:
            return {}
        return {
            "corrections": {
                "lines": len(self._corrections.lines),
                "sha256": self._corrections.fingerprint(),
                "other_faces": self._other_faces(),
            }
        }

    def _other_faces(self) -> list[int]:
        return self._same_faces.other_faces() if self._same_faces else []


def corrections_of(job: Job, context: Context) -> RowCorrections:
    """Those beside the results of ``job``. Raises InputError where a line is wrong."""
    if job.destination is not None:  # results on storage are not corrected
        return RowCorrections()
    corrections = read_corrections(job.outputs.summary, context.expressions)
    before = None
    if corrections.lines and job.outputs.summary.exists():
        try:
            before = load_video(job.outputs.summary)
        except InputError:  # they are replaced, whatever they are
            before = None
    return RowCorrections(corrections, before)


def are_drawn(job: Job, context: Context, summary: Mapping[str, Any]) -> bool:
    """Whether the results that ``summary`` describes have the corrections that are there now."""
    if job.destination is not None:
        return True
    lines, problems = read_lines(job.outputs.summary, context.expressions)
    now = Corrections(tuple(lines)).fingerprint()
    return not problems and summary.get("corrections", {}).get("sha256") == now
