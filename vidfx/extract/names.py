"""Names of classes and files in a data set."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from vidfx_engines.validation import FileName, Label, convert
from vidfx_training.dataset.index import PART_FOLDERS

MAX_STEM_BYTES = 120


def check_label(name: str) -> str:
    """A label that can name a class and its folder. Raises ValueError, one line."""
    convert(convert(name, Label), FileName)
    if name != name.strip() or name[0] == "." or name[-1] == ".":
        raise ValueError(f"{name!r} begins or ends with a blank or a dot")
    if name.lower() in PART_FOLDERS:
        raise ValueError(f"{name!r} names a part of a split, not a class")
    return name


def safe_stem(name: str) -> str:
    """Any text as the short beginning of a file name: letters, digits, ``-``, ``_``, ``.``."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(c if c.isalnum() or c in "-_." else "_" for c in text).lstrip("-.")
    return text.encode()[:MAX_STEM_BYTES].decode(errors="ignore") or "face"


def source_name(path: Path, root: Path) -> str:
    """``path`` for ``faces.csv``: relative to the data set, so that both can move together.

    Absolute where they have no folder in common. Characters that cannot be printed are escaped.
    """
    real, base = os.path.realpath(path), os.path.realpath(root)
    shared = os.path.commonpath([real, base]) if real[:2] == base[:2] else os.sep
    name = real if len(Path(shared).parts) < 2 else os.path.relpath(real, base)
    name = Path(name).as_posix()
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
