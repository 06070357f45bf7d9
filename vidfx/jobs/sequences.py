"""The rule by which the pictures of a folder are the frames of a video.

They are if their names differ in one number only, before the suffix, which counts up without a gap,
and

- the name says "frame", or there are at least LEAST of them and neighbouring files are of similar
  size (their median difference is at most ALIKE), as successive frames are;
- the names are not those of cameras, phones and scanners (IMG_0412, DSC01234, P1010001, ...);
- some of them, spread over the folder, have one width and height, and none has data of a camera
  (EXIF with its make, its model or the time), as far as the headers of JPEG and PNG say.

All other pictures are photographs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

LEAST = 12
ALIKE = 0.06
"""Of the larger file. Neighbouring frames differ by 0 to 2 %, photographs by 10 % and more."""
_SAMPLES = 8
_HEAD_BYTES = 256 << 10
_NUMBERED = re.compile(r"(.*?)(\d+)(\.[^.]*)")
_FRAME = re.compile("frame", re.IGNORECASE)
_OF_CAMERAS = re.compile(
    r"(?=\d{0,3}[A-Z_])[A-Z_0-9]{4}\d{4}"  # of all cameras, by the standard DCF
    r"|(IMG|PXL|MVIMG|PICT|PHOTO|SCAN|SCREENSHOT|WHATSAPP IMAGE|SIGNAL)[-_ ]?\d.*"
    r"|.*-WA\d+",
    re.IGNORECASE,
)
_CAMERA_TAGS = frozenset({0x010F, 0x0110, 0x0132, 0x8769})
"make, model, date, and the part with the settings of the exposure"

Facts = tuple[tuple[int, int] | None, bool]
"width and height of a picture, None where unknown, and whether it has data of a camera"


def are_frames(folder: Path, names: Sequence[str]) -> bool:
    """Whether the pictures ``names`` of ``folder`` are frames. Raises OSError."""
    ordered = _counted_up(names)
    if ordered is None or _OF_CAMERAS.fullmatch(Path(ordered[0]).stem):
        return False
    paths = [folder / name for name in ordered]
    if not _FRAME.search(ordered[0]):
        sizes = [path.stat().st_size for path in paths]
        differences = [abs(a - b) / max(a, b, 1) for a, b in pairwise(sizes)]
        if len(paths) < LEAST or median(differences) > ALIKE:
            return False
    facts = [_facts(path) for path in paths[:: max(1, len(paths) // _SAMPLES)]]
    return len({size for size, _ in facts}) == 1 and not any(camera for _, camera in facts)


def _counted_up(names: Sequence[str]) -> list[str] | None:
    """The names by their number; None where they are not numbered without a gap."""
    numbers: dict[int, str] = {}
    rest: set[tuple[str, str]] = set()
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            return None
        numbers[int(match[2])] = name
        rest.add((match[1], match[3]))
    if len(rest) > 1 or not 1 < len(names) == len(numbers) == max(numbers) - min(numbers) + 1:
        return None
    return [numbers[number] for number in sorted(numbers)]


def _facts(path: Path) -> Facts:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return (width, height), False
    size, camera = None, False
    for marker, content in _jpeg_segments(head):
        if marker == 0xE1 and content.startswith(b"Exif\0\0"):
            camera = bool(_CAMERA_TAGS & set(_exif_tags(content[6:])))
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(content) >= 5:
            height, width = struct.unpack(">HH", content[1:5])
            size = width, height
    return size, camera


def _jpeg_segments(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of the segments before the picture itself."""
    at = 2 if head.startswith(b"\xff\xd8") else len(head)
    while at + 4 <= len(head) and head[at] == 0xFF and head[at + 1] != 0xDA:
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        yield head[at + 1], head[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _exif_tags(tiff: bytes) -> Iterator[int]:
    """The tags of the first folder of EXIF data."""
    order = "little" if tiff.startswith(b"II") else "big"
    start = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[start : start + 2], order)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 1), 12):
        yield int.from_bytes(tiff[entry : entry + 2], order)
