"""Animated WebP, picture by picture; FFmpeg cannot read it, and OpenCV only as a whole.

See https://developers.google.com/speed/webp/docs/riff_container
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

_CLEARS, _REPLACES = 1, 2
"flags of a picture: its area is cleared after it; it replaces pixels instead of blending"
_ALPHA = 0x10
_SHORTEST_MS, _DEFAULT_MS = 11, 100
"as in browsers: pictures with a shorter duration are shown for a tenth of a second"


@dataclass(frozen=True)
class WebpPicture:
    """One picture of an animation, and its place on the canvas in px."""

    left: int
    top: int
    width: int
    height: int
    duration_ms: int
    flags: int
    offset: int
    "of its chunks in the file, in bytes, as ``size``"
    size: int


@dataclass(frozen=True)
class Animation:
    width: int
    height: int
    pictures: list[WebpPicture]

    @property
    def duration_ms(self) -> int:
        return sum(picture.duration_ms for picture in self.pictures)


def animation_of(path: Path) -> Animation:
    """The list of pictures, without decoding. Raises ValueError (no pictures) and OSError."""
    with path.open("rb") as file:
        size, pictures = None, list[WebpPicture]()
        for name, offset, length in _chunks(file, 12, path.stat().st_size):
            if name == b"VP8X":
                size = _pair(file.read(10)[4:])
            elif name == b"ANMF" and length >= 16:
                pictures.append(_picture(file.read(16), offset + 16, length - 16))
    if size is None or not pictures:
        raise ValueError("it lists no pictures")
    return Animation(size[0] + 1, size[1] + 1, pictures)


def frames_of(path: Path, animation: Animation) -> Iterator[np.ndarray | None]:
    """(H, W, 3) uint8 RGB on black, read-only; None for a picture that cannot be decoded."""
    canvas = np.zeros((animation.height, animation.width, 3), np.uint8)
    with path.open("rb") as file:
        for picture in animation.pictures:
            part = _decoded(file, picture)
            place = canvas[picture.top :, picture.left :][: picture.height, : picture.width]
            if part is None or part.shape[:2] != place.shape[:2]:
                yield None
                continue
            _paint(place, part, blend=not picture.flags & _REPLACES)
            frame = canvas[..., ::-1].copy()
            frame.setflags(write=False)
            yield frame
            if picture.flags & _CLEARS:
                place[:] = 0


def _chunks(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and length of each chunk; the file is positioned at the offset."""
    while start + 8 <= end:
        file.seek(start)
        name, length = struct.unpack("<4sI", file.read(8))
        yield name, start + 8, min(length, end - start - 8)
        start += 8 + length + length % 2


def _pair(data: bytes) -> tuple[int, int]:
    """Two numbers of three bytes each."""
    return int.from_bytes(data[:3], "little"), int.from_bytes(data[3:6], "little")


def _picture(header: bytes, offset: int, size: int) -> WebpPicture:
    left, top = _pair(header)
    width, height = _pair(header[6:])
    duration = int.from_bytes(header[12:15], "little")
    return WebpPicture(
        left=left * 2,
        top=top * 2,
        width=width + 1,
        height=height + 1,
        duration_ms=duration if duration >= _SHORTEST_MS else _DEFAULT_MS,
        flags=header[15],
        offset=offset,
        size=size,
    )


def _decoded(file: BinaryIO, picture: WebpPicture) -> np.ndarray | None:
    """(h, w, 3 or 4) uint8 BGR or BGRA."""
    parts: dict[bytes, bytes] = {}
    for name, _, length in _chunks(file, picture.offset, picture.offset + picture.size):
        if name in (b"ALPH", b"VP8 ", b"VP8L"):
            parts[name] = file.read(length)
    extended = b""
    if b"ALPH" in parts:
        size = (n.to_bytes(3, "little") for n in (picture.width - 1, picture.height - 1))
        extended = struct.pack("<4sII", b"VP8X", 10, _ALPHA) + b"".join(size)
    body = extended + b"".join(
        struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in parts.items()
    )
    still = struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body
    try:
        return cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None


def _paint(place: np.ndarray, part: np.ndarray, *, blend: bool) -> None:
    if part.shape[2] == 3:
        place[:] = part
        return
    alpha = part[..., 3:].astype(np.uint16)
    over = part[..., :3] * alpha
    under = place * (255 - alpha) if blend else 0
    place[:] = (over + under + 127) // 255
