"""Files that get their names only when they are whole."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(file: Path) -> Generator[Path]:
    """A temporary path beside ``file``, which takes its name at a clean end and goes otherwise.

    The path is the same every time, so that what a killed run left is written over.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        part.touch()
        mode = part.stat().st_mode  # as the user's umask has it; safetensors makes its own file
        yield part
        part.chmod(mode)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
