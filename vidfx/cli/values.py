"""Values as people type them."""

from __future__ import annotations

import math
import re

from vidfx.errors import UsageError

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


def seconds(text: str, option: str) -> float:
    """A playback time: ``90``, ``1:30`` or ``0:01:30.5``. Raises UsageError."""
    if match := _CLOCK.fullmatch(text.strip()):
        hours, minutes, rest = match.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise UsageError(
            f"{option} {text!r} is not a time", hint="write seconds (90.5) or [HH:]MM:SS (1:30.5)"
        )
    return value
