"""Lines of text in any script."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from vidfx.overlay.installed_fonts import InstalledFonts
from vidfx.overlay.typefaces import (
    JOINERS,
    Typeface,
    can_shape,
    needs_shaping,
    runs_from_right,
    typefaces,
)

REGULAR, BOLD = 500, 650
Piece = tuple[str, Typeface]
"a part of a text, and what draws it"


class Font:
    """Measures and draws lines of text; for one thread.

    ``file`` is that of a font, or "auto". Raises OSError where it cannot be read, ImportError
    without Pillow.
    """

    def __init__(self, file: str = "auto") -> None:
        self._typefaces = typefaces(file)
        self._installed = InstalledFonts()
        self._pieces: Callable[[str], list[Piece]] = lru_cache(256)(self._new_pieces)
        self.width: Callable[[str, int, int], int] = lru_cache(1024)(self._width)
        "(text, size, weight) -> px"
        self.mask: Callable[[str, int, int], np.ndarray] = lru_cache(256)(self._mask)
        "(text, size, weight) -> (2 * size, width) float32 0..1, the baseline at 1.4 * size"

    def missing(self, text: str) -> str:
        """The characters of a text that no font here has."""
        return "".join(c for c in dict.fromkeys(text) if self._typeface(c) is None)

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
        """How many characters fit, so that no mark is cut off its letter."""
        counts = range(1, len(text) + 1)
        count = bisect_right(counts, width, key=lambda n: self.width(text[:n], size, weight))
        while 0 < count < len(text) and _belongs_to_last(text[count]):
            count -= 1
        return count

    def _width(self, text: str, size: int, weight: int) -> int:
        return sum(face.width(part, size, weight) for part, face in self._pieces(text))

    def _mask(self, text: str, size: int, weight: int) -> np.ndarray:
        ink = np.zeros((2 * size, self.width(text, size, weight) + 2), np.uint8)
        left = 0
        for part, face in self._pieces(text):
            drawn = face.mask(part, size, weight)
            place = ink[:, left : left + drawn.shape[1]]
            np.maximum(place, drawn[:, : place.shape[1]], out=place)
            left += face.width(part, size, weight)
        return ink.astype(np.float32) / 255

    def _new_pieces(self, text: str) -> list[Piece]:
        """In the order in which they are drawn, from left to right."""
        if not text:
            return []
        whole = next((f for f in self._typefaces if all(f.has(c) for c in text)), None)
        if whole is None and needs_shaping(text):
            whole = self._installed.with_all(text)
        if whole:
            return [(text, whole)]
        pieces: list[Piece] = []
        for character in text:
            face = self._typeface(character) or self._typefaces[0]
            before = pieces[-1] if pieces else None
            if before and (face is before[1] or _joins(character, before[1])):
                pieces[-1] = before[0] + character, before[1]
            else:
                pieces.append((character, face))
        return pieces[::-1] if runs_from_right(text) else pieces

    def _typeface(self, character: str) -> Typeface | None:
        """The first one that has a character."""
        if needs_shaping(character) and not can_shape():
            return None
        for face in self._typefaces:
            if face.has(character):
                return face
        return self._installed.with_all(character)


def _joins(character: str, face: Typeface) -> bool:
    """Whether a character is drawn with the one before it, by its typeface."""
    return face.has(character) and (character.isspace() or _belongs_to_last(character))


def _belongs_to_last(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character) in ("Mn", "Mc", "Me")
