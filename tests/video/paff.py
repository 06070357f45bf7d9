"""H.264 of field pictures, which no encoder here makes: flat macroblocks, not compressed."""

from __future__ import annotations

from pathlib import Path

WIDTH, HEIGHT = 32, 32
_MACROBLOCKS = WIDTH // 16 * (HEIGHT // 32)
"of a field"


def write_fields(path: Path, frames: int, *, rate: int | None = 25, paired: bool = True) -> Path:
    """A byte stream of ``frames`` frames, each two fields in two pictures, or else one picture.

    ``rate`` is in frames a second; None leaves it unsaid.
    """
    data = _unit(3, 7, _sequence(rate)) + _unit(3, 8, _picture_set())
    for number in range(frames):
        for bottom in (False, True) if paired else (None,):
            first = number == 0 and not bottom
            data += _unit(0, 9, "1111" + "0000")
            data += _unit(1, 5 if first else 1, _slice(number, bottom, first))
    path.write_bytes(data)
    return path


def _sequence(rate: int | None) -> str:
    bits = _u(8, 77) + _u(8, 0) + _u(8, 30) + _ue(0) * 3 + _ue(4) + _ue(1) + "0"
    # size in macroblocks, of fields; fields are allowed, macroblocks of both are not
    bits += _ue(WIDTH // 16 - 1) + _ue(HEIGHT // 32 - 1) + "0" + "0" + "1" + "0"
    if rate is None:
        return bits + "0" + "1"
    return bits + "1" + "0000" + "1" + _u(32, 1) + _u(32, 2 * rate) + "1" + "0000" + "1"


def _picture_set() -> str:
    return _ue(0) * 2 + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "100" + "1"


def _slice(number: int, bottom: bool | None, first: bool) -> str:
    """``bottom`` is None for a picture of both fields."""
    bits = _ue(0) + _ue(7) + _ue(0) + _u(4, number % 16)
    bits += "0" if bottom is None else "1" + str(int(bottom))
    bits += _ue(0) if first else ""
    bits += _u(8, (2 * number + bool(bottom)) % 256) + ("00" if first else "0")
    bits += _ue(0) + _ue(1)
    for _ in range(_MACROBLOCKS * (2 if bottom is None else 1)):
        bits += _ue(25)
        bits += "0" * (-len(bits) % 8) + _u(8, 60 + number) * 256 + _u(8, 128) * 128
    return bits + "1"


def _unit(priority: int, kind: int, bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    guarded, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            guarded.append(3)
            zeros = 0
        guarded.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes([0, 0, 0, 1, priority << 5 | kind]) + bytes(guarded)


def _u(size: int, value: int) -> str:
    return f"{value:0{size}b}"


def _ue(value: int) -> str:
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits
