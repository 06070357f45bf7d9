"""The names that people may have, and which of them are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from vidfx_engines.validation import Label, convert

RESERVED = ("other", "unknown")
"""Decisions about faces, which are no names."""


def normal(name: str) -> str:
    """A person's name as galleries have it: in Unicode's composed form, without outer spaces."""
    return unicodedata.normalize("NFC", name).strip()


def folded(name: str) -> str:
    """What is equal for spellings of one name."""
    return unicodedata.normalize("NFC", normal(name).casefold())


def check_names(names: Sequence[str]) -> None:
    """Raises ValueError, one line, for a name that nobody can have, and for one given twice."""
    for name in names:
        convert(name, Label, "name")
        if name != normal(name):
            raise ValueError(f"name: {name!r} is not in Unicode's composed form")
        if folded(name) in RESERVED:
            raise ValueError(f"name: {name!r} is what a face is called whose person is not known")
    if len({folded(name) for name in names}) < len(names):
        raise ValueError("name: two people with the same one")
