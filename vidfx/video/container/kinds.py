"""The kind of an input: pictures, an animated WebP (which FFmpeg does not read), or a video."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from vidfx.suffixes import IMAGE_SUFFIXES, is_animated_webp, is_apng

Kind = Literal["pictures", "webp", "video"]


def kind_of(path: Path) -> Kind:
    """By the suffix; animated WebP and APNG by their first bytes."""
    if path.is_dir():
        return "pictures"
    is_picture = path.suffix.lower() in IMAGE_SUFFIXES
    with suppress(OSError), path.open("rb") as file:  # the reader raises the error
        if is_animated_webp(file.read(21)):
            return "webp"
        file.seek(0)
        if is_picture and is_apng(file):
            return "video"
    return "pictures" if is_picture else "video"
