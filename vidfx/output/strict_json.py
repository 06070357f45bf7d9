"""JSON that every parser reads: NaN and infinite numbers become null."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, cast


def to_json(content: object, indent: int | None = None) -> str:
    """``content`` as JSON in ASCII; NaN and infinite numbers become null.

    Bytes of a file name that are not UTF-8 become the surrogates that Python uses: ``\\udc80`` etc.
    """
    return json.dumps(map_texts(content, str), indent=indent, allow_nan=False)


def map_texts(content: object, change: Callable[[str], str]) -> Any:
    """``content`` with ``change`` applied to every text, and null for every NaN or infinity."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        items = cast("dict[object, object]", content).items()
        return {map_texts(k, change): map_texts(v, change) for k, v in items}
    if isinstance(content, list | tuple):
        return [map_texts(item, change) for item in cast("list[object]", content)]
    return content
