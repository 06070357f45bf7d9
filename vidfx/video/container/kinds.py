"""The kind of an input: pictures, an animated WebP (which FFmpeg does not read), or a video."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from vidfx.suffixes import IMAGE_SUFFIXES

Kind = Literal["pictures", "webp", "video"]

_PNG = b"\x89PNG\r\n\x1a\n"
_ANIMATED = 0x02
"a flag of WebP's extended header"
_CHUNKS_SEARCHED = 64


def kind_of(path: Path) -> Kind:
    """By the suffix; animated WebP and APNG by their first bytes."""
    if path.is_dir():
        return "pictures"
    try:
        with path.open("rb") as file:
            head = file.read(21)
            if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and head[20] & _ANIMATED:
                return "webp"
            if head.startswith(_PNG) and path.suffix.lower() in IMAGE_SUFFIXES:
                file.seek(len(_PNG))
                for _ in range(_CHUNKS_SEARCHED):
                    length, name = struct.unpack(">I4s", file.read(8))
                    if name == b"acTL":
                        frames = struct.unpack(">I", file.read(4))[0]
                        return "video" if frames > 1 else "pictures"
                    if name == b"IDAT":
                        break
                    file.seek(length + 4, 1)
    except (OSError, struct.error, IndexError):
        pass  # the reader raises the error
    return "pictures" if path.suffix.lower() in IMAGE_SUFFIXES else "video"
