"""The fonts of this computer, for characters that the built-in font lacks. Needs Pillow."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from vidfx.overlay.typefaces import FontFile, Typeface


class InstalledFonts:
    """Finds fonts by the characters that they have; for one thread."""

    def __init__(self) -> None:
        self._used: list[FontFile] = []
        "few: an open font is an open file"
        self.with_all: Callable[[str], Typeface | None] = lru_cache(1024)(self._with_all)
        "the first font that has all characters of a text; None without Pillow"

    def _with_all(self, text: str) -> Typeface | None:
        for face in chain(self._used, _opened()):
            if all(face.has(character) for character in text):
                self._used = [face, *(other for other in self._used if other is not face)]
                return face
        return None


def _opened() -> Iterator[FontFile]:
    for file in _font_files():
        try:
            yield FontFile(file)
        except OSError:  # a bitmap font, or a broken file
            continue
        except ImportError:
            return


def _font_files() -> list[Path]:
    """The fonts of this computer, plain ones without serifs first."""
    files = {
        path
        for folder in font_folders()
        for path in folder.rglob("*")
        if path.suffix.lower() in (".ttf", ".otf", ".ttc")
    }
    return sorted(files, key=_oddity)


def font_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", r"C:\Windows"), "Fonts")]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    shared = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*shared, home / ".local/share/fonts", home / ".fonts"]


_ODD = (
    "serif",
    "mono",
    "bold",
    "italic",
    "oblique",
    "condensed",
    "narrow",
    "light",
    "thin",
    "math",
)


def _oddity(path: Path) -> tuple[int, int, str]:
    name = path.stem.lower()
    return sum(word in name for word in _ODD), "sans" not in name, str(path)
