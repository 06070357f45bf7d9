"""What can go wrong with an engine.

    EngineError
    ├── EngineUnavailable   the library, backend or device is not here
    ├── EngineFileError     the weights or their spec are missing, altered or wrong
    └── EngineRunError      the engine was given what it cannot take, or broke while running

``str(error)`` is one line: what, why. ``error.hint`` is one line: what to do about it.
"""

from __future__ import annotations


class EngineError(Exception):
    """The root: something the user can understand and mend."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = " ".join(hint.split())


class EngineUnavailable(EngineError):
    pass


class EngineFileError(EngineError):
    pass


class EngineRunError(EngineError):
    pass


def first_line(error: BaseException, limit: int = 200) -> str:
    """What a library said, short enough for one line: its most telling part comes last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
