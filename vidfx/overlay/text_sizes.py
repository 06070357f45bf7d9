"""How large the text of a label is, and how much it says: by the picture and by the face."""

from __future__ import annotations

import math
from typing import NamedTuple

from vidfx.overlay.labels import CARD, FULL, SHORT

SHARES = (0.0075, 0.0095, 0.0115, 0.014, 0.017)
"sizes in diagonals of the picture, the smallest legible one first"
LEGIBLE_PX = 12
FACE_SHARE = 0.17
"the largest text in heights of the face"
DETAILS = ((1.75, SHORT), (4.0, CARD), (1 / FACE_SHARE, FULL))
"the most that a face says that is so many times as high as the smallest text"


class TextRoom(NamedTuple):
    """The text that a face has room for."""

    size: int
    "px; 0: there is no label"
    level: int
    "of detail, the most"


NO_TEXT = TextRoom(0, SHORT)


class TextSizes:
    """Those of one video; ``picture`` is its width and height in px, ``scale`` is the user's."""

    def __init__(self, picture: tuple[int, int], scale: float) -> None:
        diagonal = math.hypot(*picture)
        self._sizes = [max(LEGIBLE_PX, diagonal * share) for share in SHARES]
        self._scale = scale
        self.clock = self._scaled(self._sizes[-2])

    def of(self, height: int) -> TextRoom:
        """For a face of this height, px."""
        least = self._sizes[0]
        levels = [level for times, level in DETAILS if height >= times * least]
        if not levels:
            return NO_TEXT
        size = max(size for size in self._sizes if size <= max(least, FACE_SHARE * height))
        return TextRoom(self._scaled(size), levels[-1])

    def _scaled(self, size: float) -> int:
        return round(size * self._scale)
