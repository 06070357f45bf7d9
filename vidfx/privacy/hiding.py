"""The faces of one video hidden: its rows are read twice, first to decide, then to make masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from vidfx.hide_settings import HideSettings
from vidfx.privacy.masks import MARGIN, Masked, Masker
from vidfx.privacy.selection import Selection
from vidfx.privacy.tally import HidingTally
from vidfx.privacy.verdicts import Verdicts
from vidfx.stages.settled import Settled

SCHEMA = "vidfx.privacy/1"
DROPPED = ("tags", "chapters", "names of sound streams", "subtitles", "cover pictures", "data")
"""Of what the video had beside picture and sound."""
SOUND_KEPT = "the sound is kept: voices can be recognised (--sound drop removes it)"


class Hiding:
    """Hides faces as ``settings`` say.

    ``rows`` gives all frames in order, each time it is called. ``said`` has what people said about
    each face of some frames: (N,) above 0 to hide it, below 0 to show it. ``given`` has the names
    that people gave to them.
    """

    def __init__(
        self,
        settings: HideSettings,
        rows: Callable[[], Iterable[Settled]],
        said: Callable[[Settled], np.ndarray] | None = None,
        given: Callable[[Settled], Sequence[str | None]] | None = None,
    ) -> None:
        self._settings, self._rows, self._said = settings, rows, said
        self._verdicts = Verdicts(Selection.of(settings.hide), given)
        self._decided = False
        self._tally = HidingTally()

    def masked(self) -> Iterator[Masked]:
        """All frames with their masks, in order."""
        if not self._decided:
            for some in self._rows():
                self._verdicts.add(some)
            self._decided = True
        tally = self._tally = HidingTally()
        masker = Masker(
            self._hidden,
            hold_s=self._settings.hold,
            hides_unshown=self._verdicts.selection.hides_unshown,
            tally=tally,
        )
        return masker(self._rows())

    def _hidden(self, settled: Settled) -> np.ndarray:
        hidden = self._verdicts.hidden(settled)
        if self._said is None:
            return hidden
        said = self._said(settled)
        return (hidden | (said > 0)) & (said >= 0)

    def describe(self) -> dict[str, Any]:
        """For ``NAME.privacy.json``: what was hidden in the frames that ``masked`` last gave."""
        settings = self._settings
        return {
            "schema": SCHEMA,
            "hide": list(settings.hide),
            "how": settings.how,
            "hold_s": settings.hold,
            "margin": MARGIN,
            "sound": settings.sound,
            "dropped": list(DROPPED),
            **self._tally.describe(),
        }
