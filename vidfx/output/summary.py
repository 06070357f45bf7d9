"""``<stem>.summary.json``: what went in, how it was done, what came out. Written last."""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import vidfx
from vidfx import schema
from vidfx.errors import output_errors
from vidfx.output.strict_json import to_json
from vidfx.stages.decide import OTHER, UNKNOWN
from vidfx.types import FrameResult, Reading, VideoInfo
from vidfx_engines.files import AtomicFile


@dataclass
class _Track:
    first_s: float
    last_s: float = 0.0
    frames: int = 0
    sources: Counter[str] = field(default_factory=Counter[str])
    emotions: Counter[str] = field(default_factory=Counter[str])
    identity: Reading | None = None
    quality: float = 0.0


class Tally:
    """Counts what the outputs saw, frame by frame."""

    def __init__(self, info: VideoInfo, *, recognises: bool) -> None:
        self.info = info
        self.recognises = recognises
        self.frames = 0
        self.analysed = 0
        self.cuts = 0
        self.with_faces = 0
        self.with_target = 0
        self.rows = 0
        self.first_s: float | None = None
        self.last_s: float | None = None
        self._tracks: dict[int, _Track] = {}

    def add(self, result: FrameResult) -> None:
        time_s = self.info.seconds(result.frame.pts)
        self.first_s = time_s if self.first_s is None else self.first_s
        self.last_s = time_s
        self.frames += 1
        self.analysed += result.analysed
        self.cuts += result.cut
        self.with_faces += bool(result.faces)
        self.rows += len(result.faces)
        names = {f.identity.label for f in result.faces if f.identity}
        self.with_target += bool(names - {OTHER, UNKNOWN})
        for face in result.faces:
            track = self._tracks.setdefault(face.track_id, _Track(time_s))
            track.last_s = time_s
            track.frames += 1
            track.sources[face.source] += 1
            track.identity = face.identity
            track.quality = max(track.quality, face.quality.value if face.quality else 0.0)
            if face.emotion:
                track.emotions[face.emotion.label] += 1

    def counts(self) -> dict[str, Any]:
        return {
            "frames": self.frames,
            "frames_detected": self.analysed,
            "frames_with_faces": self.with_faces,
            "frames_with_target": self.with_target if self.recognises else None,
            "face_rows": self.rows,
            "tracks": len(self._tracks),
            "cuts": self.cuts,
            "first_frame_s": self.first_s,
            "last_frame_s": self.last_s,
        }

    def tracks(self) -> list[dict[str, Any]]:
        """One entry a track, in the order of their numbers."""
        return [
            {
                "track_id": number,
                "first_s": round(track.first_s, 6),
                "last_s": round(track.last_s, 6),
                "frames": track.frames,
                "sources": dict(track.sources),
                "identity": track.identity.label if track.identity else None,
                "identity_prob": round(track.identity.prob, 4) if track.identity else None,
                "emotion_share": {
                    label: round(n / track.emotions.total(), 4)
                    for label, n in sorted(track.emotions.items())
                },
                "best_quality": round(track.quality, 4),
            }
            for number, track in sorted(self._tracks.items())
        ]


def describe_input(info: VideoInfo, reader: str, why: str) -> dict[str, Any]:
    """The input's facts."""
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
    """What made the results."""
    return {"vidfx": vidfx.__version__, "python": platform.python_version()}


def write_summary(pending: AtomicFile, content: dict[str, Any]) -> None:
    """Write the summary, sealed but not yet under its name. Raises OutputError."""
    text = to_json({"schema": schema.SUMMARY_SCHEMA, **content}, indent=1)
    with output_errors(pending.path):
        pending.writable.write_text(text + "\n", encoding="ascii")
        pending.seal()


def read_summary(path: Path) -> dict[str, Any] | None:
    """A summary that was written before; None where there is none that can be understood."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    summary = cast(dict[str, Any], content)
    return summary if summary.get("schema") == schema.SUMMARY_SCHEMA else None
