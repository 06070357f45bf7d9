"""The message shown for each expression: the defaults, and files of the user's own."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from vidfx.errors import UsageError
from vidfx_engines.files import read_text
from vidfx_engines.names import expression, index_of

DEFAULT_MESSAGES = {
    "angry": "Take a deep breath...",
    "happy": "Keep smiling!!",
    "neutral": "Steady as she goes.",
    "sad": "It's okay to feel blue.",
}
"""By the usual name of the expression."""
MAX_LENGTH = 120


def printable(text: str) -> str:
    """The text in one line and in composed form, without characters that no font can draw.

    Removed are variation selectors, and control and format characters, except joiners. Half
    surrogates, which are in names of files that are not UTF-8 and crash OpenCV's font engine,
    become ``?``.
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    composed = unicodedata.normalize("NFC", " ".join(whole.split()))
    return "".join(
        c
        for c in composed
        if c in "\u200c\u200d"  # without which some words are written wrong
        or (not unicodedata.category(c).startswith("C") and not "\ufe00" <= c <= "\ufe0f")
    )


def default_messages(labels: Sequence[str]) -> dict[str, str]:
    """The default message of each label that has one, whatever name it has for the expression."""
    usual = {label: expression(label) for label in labels}
    return {label: DEFAULT_MESSAGES[e] for label, e in usual.items() if e in DEFAULT_MESSAGES}


def chosen_messages(name: str, labels: Sequence[str]) -> dict[str, str] | None:
    """The messages that the setting ``name`` asks for: "none", "default" or a file.

    Raises UsageError.
    """
    if name == "none":
        return None
    return default_messages(labels) if name == "default" else load_messages(Path(name), labels)


def load_messages(path: Path, labels: Sequence[str]) -> dict[str, str]:
    """The message of each label, from a TOML or JSON file of ``label: text``.

    The file may have another name of the same expression. Labels that are not in the file keep
    their default, or have none. Raises UsageError, one line with file and label.
    """
    given: dict[str, str] = {}
    for name, text in _read_table(path).items():
        index = index_of(name, labels)
        if index is None:
            raise UsageError(
                f"{path}: unknown expression {name[:MAX_LENGTH]!r}",
                hint=f"the expressions are {', '.join(labels)}",
            )
        if labels[index] in given:
            raise UsageError(
                f"{path}: {name!r} is a second message for {labels[index]!r}",
                hint="remove one of them",
            )
        if not isinstance(text, str):
            raise UsageError(
                f"{path}: the message of {name!r} is not a text",
                hint=f'write {name} = "some text"',
            )
        message = printable(text)
        if len(message) > MAX_LENGTH:
            raise UsageError(
                f"{path}: the message of {name!r} has {len(message)} characters",
                hint=f"shorten it to {MAX_LENGTH} characters",
            )
        given[labels[index]] = message
    return default_messages(labels) | given


def _read_table(path: Path) -> dict[str, object]:
    hint = 'give a TOML file with lines like happy = "Keep smiling!!", or the same as JSON'
    try:
        text = read_text(path)
        table: object = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror or error}", hint="check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not valid: {error}", hint=hint) from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: not a table of messages", hint=hint)
    return cast("dict[str, object]", table)
