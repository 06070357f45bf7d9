"""The fonts that texts are drawn with: OpenCV's built-in one, and files, which Pillow draws.

Scripts that are joined or run from right to left need Pillow with Raqm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

JOINERS = "\u200c\u200d"
"They keep letters apart or join them, and have no shape."
_MISSING = "\U0010ffff"
"a character that no font has"
_PROBE_PX = 24


class Typeface(Protocol):
    """Measures and draws texts, all of whose characters it ``has``; for one thread."""

    @property
    def has(self) -> Callable[[str], bool]: ...

    def width(self, text: str, size: int, weight: int) -> int:
        """In px, of text of ``size`` px."""
        ...

    def mask(self, text: str, size: int, weight: int) -> np.ndarray:
        """(2 * size, width + 2) uint8 of ink, the baseline at 1.4 * size."""
        ...


class BuiltIn:
    """OpenCV's font, for letters that stand alone from left to right."""

    def __init__(self) -> None:
        self._face = cv2.FontFace("sans")
        self.has: Callable[[str], bool] = lru_cache(4096)(self._has)
        self._missing = self.mask(_MISSING, _PROBE_PX, 400)

    def width(self, text: str, size: int, weight: int) -> int:
        text = _without_joiners(text)
        if not text:
            return 0
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, size, weight)[2]

    def mask(self, text: str, size: int, weight: int) -> np.ndarray:
        ink = np.zeros((2 * size, self.width(text, size, weight) + 2), np.uint8)
        text = _without_joiners(text)
        if text:
            cv2.putText(ink, text, (0, round(1.4 * size)), (255,), self._face, size, weight)
        return ink

    def _has(self, character: str) -> bool:
        if character in JOINERS or character.isspace() or character == "?":
            return True
        if needs_shaping(character):
            return False
        return not np.array_equal(self.mask(character, _PROBE_PX, 400), self._missing)


class FontFile:
    """A font in a file, which has one weight. Raises OSError, ImportError without Pillow."""

    def __init__(self, path: Path) -> None:
        fonts: Any = import_module("PIL.ImageFont")  # which most videos do not need
        self._font: Callable[[int], Any] = lru_cache(16)(partial(fonts.truetype, str(path)))
        self._letters: Any = fonts.truetype(str(path), _PROBE_PX, layout_engine=fonts.Layout.BASIC)
        self._missing = self._shape(_MISSING)
        self.has: Callable[[str], bool] = lru_cache(4096)(self._has)

    def width(self, text: str, size: int, weight: int) -> int:
        return int(-(-self._font(size).getlength(text) // 1))

    def mask(self, text: str, size: int, weight: int) -> np.ndarray:
        image: Any = import_module("PIL.Image").new(
            "L", (self.width(text, size, weight) + 2, 2 * size)
        )
        drawing: Any = import_module("PIL.ImageDraw").Draw(image)
        drawing.text((0, round(1.4 * size)), text, 255, self._font(size), anchor="ls")
        return np.array(image)

    def _has(self, character: str) -> bool:
        if character in JOINERS or character.isspace():
            return True
        shape = self._shape(character)
        return any(shape[1]) and shape != self._missing

    def _shape(self, character: str) -> tuple[tuple[int, int], bytes]:
        drawn: Any = self._letters.getmask(character)
        return drawn.size, bytes(drawn)


def needs_shaping(text: str) -> bool:
    """Whether letters change beside others, or run from right to left."""
    return any(
        unicodedata.bidirectional(c) in ("R", "AL", "AN") or unicodedata.category(c) in ("Mn", "Mc")
        for c in text
    )


def runs_from_right(text: str) -> bool:
    """Whether its first letter does."""
    directions = (unicodedata.bidirectional(c) for c in text)
    return next((d for d in directions if d in ("L", "R", "AL")), "L") != "L"


@cache
def can_shape() -> bool:
    """Whether Pillow is here, with Raqm and what that needs."""
    try:
        features: Any = import_module("PIL.features")
    except ImportError:
        return False
    return bool(features.check_feature("raqm"))


@cache
def typefaces(font: str) -> tuple[Typeface, ...]:
    """Those of a setting, the first choice first, except the fonts of this computer."""
    return (BuiltIn(),) if font == "auto" else (FontFile(Path(font)), BuiltIn())


def _without_joiners(text: str) -> str:
    return text.translate({ord(c): None for c in JOINERS})
