"""``<stem>.summary.json``: the input, how it was processed, and the results. Written last."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any, cast

import vidfx
from vidfx import schema
from vidfx.errors import output_errors
from vidfx.output.strict_json import to_json
from vidfx.types import VideoInfo
from vidfx_engines.files import AtomicFile


def describe_input(info: VideoInfo, reader: str, why: str) -> dict[str, Any]:
    """The facts of the input, and the reader with the reason why it was chosen."""
    return {
        "path": str(info.path),
        "bytes": info.path.stat().st_size if info.path.is_file() else None,
        "width_px": info.width,
        "height_px": info.height,
        "codec": info.codec,
        "pixel_format": info.pixel_format,
        "frame_rate": float(info.frame_rate),
        "time_base": f"{info.time_base.numerator}/{info.time_base.denominator}",
        "start_pts": info.start_pts,
        "duration_s": info.duration_s,
        "rotation_deg": info.rotation,
        "sample_aspect_ratio": str(info.sample_aspect_ratio),
        "has_audio": info.has_audio,
        "reader": reader,
        "reader_why": why,
    }


def versions() -> dict[str, str]:
    """The versions of vidfx and Python that made the results."""
    return {"vidfx": vidfx.__version__, "python": platform.python_version()}


def write_summary(file: AtomicFile, content: dict[str, Any]) -> None:
    """Write and seal the summary, which still has its temporary name. Raises OutputError."""
    text = to_json({"schema": schema.SUMMARY_SCHEMA, **content}, indent=1)
    with output_errors(file.path):
        file.writable.write_text(text + "\n", encoding="ascii")
        file.seal()


def read_summary(path: Path) -> dict[str, Any] | None:
    """An earlier summary, of version 1 or later; None where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    summary = cast(dict[str, Any], content)
    return summary if summary.get("schema") in schema.SUMMARY_SCHEMAS else None
