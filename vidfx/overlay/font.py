"""Text in OpenCV's built-in font."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

REGULAR, BOLD = 500, 650


class Font:
    """Measures and draws lines of any Unicode text; for one thread."""

    def __init__(self) -> None:
        self._face = cv2.FontFace("sans")
        self.width: Callable[[str, int, int], int] = lru_cache(1024)(self._width)
        "(text, size, weight) -> px"
        self.mask: Callable[[str, int, int], np.ndarray] = lru_cache(256)(self._mask)
        "(text, size, weight) -> (2 * size, width) float32 0..1, the baseline at 1.4 * size"

    def shortened(self, text: str, size: int, weight: int, width: int) -> str:
        """The text, or as much of its beginning as fits into ``width`` px, and an ellipsis."""
        if self.width(text, size, weight) <= width:
            return text
        shown = text[: self._fitting(text, size, weight, width - self.width("…", size, weight))]
        return shown.rstrip() + "…"

    def wrapped(self, text: str, size: int, weight: int, width: int, lines: int) -> list[str]:
        """Break the text into at most ``lines`` of ``width`` px, and shorten the last."""
        broken: list[str] = []
        rest = text
        while rest and len(broken) < lines - 1 and self.width(rest, size, weight) > width:
            count = max(1, self._fitting(rest, size, weight, width))
            space = rest.rfind(" ", 1, count + 1)
            broken.append(rest[: space if space > 0 else count])
            rest = rest[len(broken[-1]) :].lstrip()
        if rest:
            broken.append(self.shortened(rest, size, weight, width))
        return broken

    def _fitting(self, text: str, size: int, weight: int, width: int) -> int:
        """How many characters fit."""
        counts = range(1, len(text) + 1)
        return bisect_right(counts, width, key=lambda n: self.width(text[:n], size, weight))

    def _width(self, text: str, size: int, weight: int) -> int:
        if not text:
            return 0
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, size, weight)[2]

    def _mask(self, text: str, size: int, weight: int) -> np.ndarray:
        ink = np.zeros((2 * size, self.width(text, size, weight) + 2), np.uint8)
        if text:
            baseline = round(1.4 * size)
            cv2.putText(ink, text, (0, baseline), (255,), self._face, size, weight)
        return ink.astype(np.float32) / 255
