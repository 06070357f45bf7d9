"""The pictures of some photographs: who is hidden, the search for such faces, the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from vidfx.annotation.context import Context
from vidfx.annotation.drawing.frame_labels import labels_of
from vidfx.annotation.drawing.verify import Expected, FaceSearch
from vidfx.annotation.photographs.picture import drawn, hiding_of
from vidfx.annotation.stage_timer import StageTimer
from vidfx.corrections.line import Correction
from vidfx.errors import FaceSeenError
from vidfx.jobs.photographs import Photograph
from vidfx.privacy.paint import hidden_rgb
from vidfx.stages.settled import Settled
from vidfx.types import Frame
from vidfx.video.read.colours import rgb_colour

OF_VIDEOS = {"schema", "hold_s", "sound", "dropped", "gaps_bridged", "longest_gap_s"}
"""What only the record of a video has."""
HINT = "draw a box by hand in the corrections, and hide it"


class PictureDrawing:
    """Hides faces in pictures, searches them for such faces, and draws the labels."""

    def __init__(self, context: Context, timer: StageTimer) -> None:
        self._context, self._timer = context, timer
        self._search: FaceSearch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._search:
            self._search.__exit__()

    def of(
        self, photograph: Photograph, rgb: np.ndarray, settled: Settled, lines: Sequence[Correction]
    ) -> tuple[np.ndarray, dict[str, Any] | None]:
        """The picture (H, W, 3) uint8, and what was hidden. Raises FaceSeenError."""
        context, settings = self._context, self._context.settings
        hiding = hiding_of(rgb, settled, context, lines)
        if hiding is None:
            with self._timer("draw"):
                return drawn(rgb, labels_of(settled.faces, context.looks), context), None
        with self._timer("draw"):
            (masked,) = hiding.masked()
            faces = masked.settled.faces
            rgb = hidden_rgb(rgb, masked.box, settings.how)
            pixels = drawn(rgb, labels_of(faces, context.looks), context)
        if settings.verify:
            with self._timer("verify"):
                self._verify(photograph, pixels, Expected(0, faces.box, masked.box))
        told = {n: value for n, value in hiding.describe().items() if n not in OF_VIDEOS}
        return pixels, told | {"verified": settings.verify}

    def _verify(self, photograph: Photograph, pixels: np.ndarray, expected: Expected) -> None:
        self._search = self._search or FaceSearch(self._context.settings)
        matrix = rgb_colour(len(pixels)).matrix
        if self._search.seen([Frame(0, 0, pixels)], [expected], matrix):
            raise FaceSeenError(
                f"{photograph.source}: a face that should be hidden is seen", hint=HINT
            )
