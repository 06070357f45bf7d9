"""Media that cannot be decoded, most of them because they are encrypted (DRM)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from vidfx.errors import NotMediaError
from vidfx.video.container.formats import MEDIA_HINT

_TS_PACKET, _TS_SYNC = 188, 0x47
_SCRAMBLED = 0xC0
"bits of a transport packet's fourth byte"
_SEARCHED_BYTES = 1 << 20


def is_encrypted(packet: av.Packet[Any]) -> bool:
    """Whether a packet of MP4 is encrypted by the common scheme (ISO/IEC 23001-7)."""
    return packet.has_sidedata("encryption_info")


def encrypted(path: Path) -> NotMediaError:
    return NotMediaError(f"{path}: is encrypted (DRM)", hint="use a copy without protection")


def undecodable(path: Path, reason: str) -> NotMediaError:
    """The error of a file in which no picture can be decoded; ``reason`` may be empty."""
    if is_scrambled(path):
        return encrypted(path)
    why = f" ({reason})" if reason else ""
    return NotMediaError(f"{path}: no picture in it can be decoded{why}", hint=MEDIA_HINT)


def is_scrambled(path: Path) -> bool:
    """Whether most of an MPEG transport stream's packets are scrambled. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_SEARCHED_BYTES)
    packets = range(0, len(head) - _TS_PACKET, _TS_PACKET)
    flags = [head[at + 3] & _SCRAMBLED for at in packets if head[at] == _TS_SYNC]
    return 2 * sum(map(bool, flags)) > len(packets) > 0
