"""Where results come from, for the summary: input, time, command, software and machine."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from vidfx.types import VideoInfo
from vidfx.version import __version__
from vidfx.video.capabilities import ffmpeg_version
from vidfx_engines.libraries import installed_version

LIBRARIES = (
    *("openvino", "onnxruntime", "onnxruntime-gpu", "torch", "tensorrt"),
    *("av", "decord2", "opencv-python-headless", "numpy"),
)


def describe_input(info: VideoInfo, reader: str, why: str) -> dict[str, Any]:
    """The facts of the input, and the reader with the reason why it was chosen."""
    return {
        "path": str(info.path),
        "absolute_path": str(info.path.absolute()),
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


def describe_making(command: str | None) -> dict[str, Any]:
    """The time in UTC, the command line and the processor."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "processor": _processor(),
    }


def describe_clock(start_s: float | None, first_frame_s: float | None) -> dict[str, Any]:
    """What the times of the results mean; ``start_s`` is where reading began."""
    return {
        "time_s": "seconds of the input's playback time, also where only a part is read",
        "annotated_video_begins_at_s": first_frame_s if start_s else 0.0,
    }


@cache
def versions() -> dict[str, str]:
    """The versions of vidfx, Python, FFmpeg and the installed libraries that decide results."""
    found = {
        "vidfx": __version__,
        "python": platform.python_version(),
        "ffmpeg": ffmpeg_version(),
        **{name: installed_version(name) for name in LIBRARIES},
    }
    return {name: version for name, version in found.items() if version}


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
