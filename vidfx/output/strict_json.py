"""JSON that every parser takes: without numbers that are none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, cast


def to_json(content: object, indent: int | None = None) -> str:
    """``content`` as JSON in ASCII, numbers that are not finite as null.

    Bytes of a file's name that are not UTF-8 are there as Python has them: ``\\udc80`` and on.
    """
    return json.dumps(with_texts(content, str), indent=indent, allow_nan=False)


def with_texts(content: object, change: Callable[[str], str]) -> Any:
    """``content`` with every text in it changed, and null for every number that is none."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        items = cast("dict[object, object]", content).items()
        return {with_texts(k, change): with_texts(v, change) for k, v in items}
    if isinstance(content, list | tuple):
        return [with_texts(item, change) for item in cast("list[object]", content)]
    return content
