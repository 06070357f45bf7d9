"""How users write values that are no plain numbers, and how text is shown to them."""

from __future__ import annotations

import math
import re
from typing import Any

from vidfx_engines.errors import shown

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


def seconds(value: Any) -> float:
    """A playback time in seconds, of ``90``, ``1:30``, ``0:01:30.5`` or a TOML time.

    Raises ValueError, one line, for what is no time, is negative or not finite.
    """
    try:
        text = str(value).strip()  # start = 00:01:30 in TOML is a datetime.time
        if match := _CLOCK.fullmatch(text):
            hours, minutes, rest = match.groups()
            time = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
        else:
            time = float(text)
    except (ValueError, OverflowError):
        time = math.nan
    if not math.isfinite(time) or time < 0:
        raise ValueError(
            f"{shown(value)} is not a time; write seconds (90.5) or [HH:]MM:SS (1:30.5)"
        )
    return time


def count_or_auto(value: Any) -> Any:
    """0 for ``auto``, else a number above 0. Raises ValueError, one line, for what is neither."""
    try:
        count = 0 if value == "auto" else int(value) if isinstance(value, str) else value
    except ValueError:
        count = None
    if count is None or (count == 0 and value != "auto"):
        raise ValueError(f"a whole number above 0 or auto is needed, not {shown(value)}")
    return count


def natural_order(text: str) -> list[tuple[bool, int, str]]:
    """A key by which 2 is before 10."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    return [(p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts]


def clean(text: str) -> str:
    """One line without control characters: a file's name must not drive the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def duration(seconds: float) -> str:
    """As people say it: 8 s, 3 min 20 s, 2 h 05 min, 4 d 3 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def counted(number: int, name: str) -> str:
    """1 face, 2 faces."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
