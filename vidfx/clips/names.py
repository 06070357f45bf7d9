"""Names of files that are made of a video."""

from __future__ import annotations

_NAME_MAX = 255


def file_name(name: str, ending: str) -> str:
    """``NAME.ENDING``, NAME cut at its end where that would be too long for a file system."""
    while len(name.encode(errors="surrogateescape")) > _NAME_MAX - 1 - len(ending):
        name = name[:-1]
    return f"{name}.{ending}"
