"""Finished results, made without a video or a model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
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
    tables = [folder / f"{name}.{kind}.csv" for kind in ("faces", "frames", "unshown")]
    with (
        ExitStack() as stack,
        RowWriter(
            *(stack.enter_context(AtomicFile(path)) for path in tables),
            emotions=EMOTIONS,
            recognises=recognises,
        ) as rows,
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
        "outputs": dict(zip(("faces", "frames", "unshown"), (p.name for p in tables), strict=True)),
        "bytes": {path.name: path.stat().st_size for path in tables},
        "tracks": [],
        **changes,
    }
    path = folder / f"{name}.summary.json"
    path.write_text(json.dumps(summary))
    return load_video(path)
