"""``NAME.summary.json``: the input, how it was processed, and the results. Written last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from vidfx import schema
from vidfx.errors import output_errors
from vidfx.output.strict_json import to_json
from vidfx_engines.files import AtomicFile, read_text

MOST_BYTES = 1 << 30
"""Those of photographs list every one."""


def write_summary(file: AtomicFile, content: dict[str, Any]) -> None:
    """Write and seal the summary, which still has its temporary name. Raises OutputError."""
    text = to_json({"schema": schema.SUMMARY_SCHEMA, **content}, indent=1)
    with output_errors(file.path):
        file.writable.write_text(text + "\n", encoding="ascii")
        file.seal()


def read_summary(path: Path) -> dict[str, Any] | None:
    """An earlier summary, of version 1 or later; None where there is none that can be read."""
    try:
        content = json.loads(read_text(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    summary = cast(dict[str, Any], content)
    return summary if summary.get("schema") in schema.SUMMARY_SCHEMAS else None
