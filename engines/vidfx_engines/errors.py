"""The root of all errors that a user can cause, and the errors of engines.

``vidfx/errors.py`` draws the whole tree.
"""

from __future__ import annotations


class VidfxError(Exception):
    """The root: something that the user can understand and fix.

    ``str(error)`` is one line: what went wrong, and why.
    """

    exit_code = 1
    hint: str
    "one line: what to do about it; may be empty"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())

    def as_json(self) -> dict[str, str]:
        """Type, message and hint."""
        return {"type": type(self).__name__, "message": str(self), "hint": self.hint}


class EngineError(VidfxError):
    exit_code = 4


class EngineUnavailable(EngineError):
    """The library, backend or device is not here."""


class EngineFileError(EngineError):
    """The weights or their spec are missing, altered or wrong."""


class EngineRunError(EngineError):
    """The engine was given an input that it cannot take, or failed while it ran."""


def first_line(error: BaseException, limit: int = 200) -> str:
    """What a library said, short enough for one line: its most telling part comes last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown(value: object, most: int = 80) -> str:
    """``value`` in a message, cut after ``most`` characters."""
    try:
        found = repr(value)
    except (ValueError, RecursionError):  # thousands of digits; deep nesting
        return "(a value too long to print)"
    return found if len(found) <= most else f"{found[:most]}..."
