"""Finished results, made without a video or a model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vidfx.output.rows import RowWriter
from vidfx.saved.runs import SavedVideo, load_video
from vidfx.stages.settled import Settled
from vidfx_engines.files import AtomicFile

EMOTIONS = ("angry", "happy", "neutral", "sad")


def save_video(
    folder: Path,
    settled: Iterable[Settled],
    *,
    name: str = "talk.mp4",
    recognises: bool = False,
    source: Path | None = None,
    **changes: Any,
) -> SavedVideo:
    """Write the tables and a summary of these frames; ``changes`` are of the summary."""
    folder.mkdir(parents=True, exist_ok=True)
    faces, frames = folder / f"{name}.faces.csv", folder / f"{name}.frames.csv"
    with (
        AtomicFile(faces) as of_faces,
        AtomicFile(frames) as of_frames,
        RowWriter(of_faces, of_frames, emotions=EMOTIONS, recognises=recognises) as rows,
    ):
        for some in settled:
            rows.write(some)
        rows.complete()
    models: list[dict[str, Any]] = [{"task": "emotion", "labels": EMOTIONS}]
    summary = {
        "schema": "vidfx.summary/2",
        "input": {
            "path": name,
            "absolute_path": str(source or folder / name),
            "width_px": 640,
            "height_px": 360,
            "frame_rate": 25.0,
            "time_base": "1/12800",
        },
        "models": models + [{"task": "identity", "labels": []}] * recognises,
        "outputs": {"faces": faces.name, "frames": frames.name},
        "bytes": {path.name: path.stat().st_size for path in (faces, frames)},
        "tracks": [],
        **changes,
    }
    path = folder / f"{name}.summary.json"
    path.write_text(json.dumps(summary))
    return load_video(path)
