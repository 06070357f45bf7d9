"""Output folders with summaries and a ledger, made without a video or a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vidfx.config import Settings
from vidfx.errors import InputError, VidfxError
from vidfx.jobs.events import Ended, Failed, Planned, Skipped, Started
from vidfx.jobs.ledger import Ledger
from vidfx.jobs.locks import FOLDER
from vidfx.jobs.plan import Job, Outputs


def track(number: int, identity: str | None = None, **changes: Any) -> dict[str, Any]:
    """An entry of a summary's ``tracks``: three seconds, in two appearances."""
    return {
        "track_id": number,
        "first_s": 1.0,
        "last_s": 4.96,
        "frames": 75,
        "sources": {"detected": 25, "interpolated": 50},
        "identity": identity,
        "identity_prob": identity and 0.9,
        "emotion_share": {"happy": 0.75, "sad": 0.25},
        "emotion_mean": {"happy": 0.6, "sad": 0.4},
        "unsure_share": 0.2,
        "unsure": {"not_read": 15},
        "best_quality": 0.8,
        "mean_quality": 0.5,
        "shown_s": 3.0,
        "appearances": [
            {"from_s": 1.0, "to_s": 3.0, "frames": 50, "ended": "gap"},
            {"from_s": 4.0, "to_s": 5.0, "frames": 25, "ended": "cut"},
        ],
    } | changes


def save_summary(folder: Path, name: str, tracks: Sequence[dict[str, Any]], **changes: Any) -> Path:
    """``NAME.summary.json`` in ``folder``."""
    content: dict[str, Any] = {
        "schema": "vidfx.summary/2",
        "made": {"at": "2026-11-28T12:00:00+00:00", "command": None},
        "input": {"path": name, "width_px": 640, "height_px": 360, "frame_rate": 25.0}
        | {"duration_s": 10.0},
        "models": [{"task": "emotion", "labels": ["happy", "sad"]}],
        "counts": {"frames": 250, "frames_with_faces": 75, "face_rows": 75, "cuts": 1},
        "seconds": {"total": 2.5},
        "tracks": [*tracks],
        "warnings": ["one"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.summary.json"
    path.write_text(json.dumps(content | changes))
    return path


def keep_ledger(
    out: Path,
    *,
    done: Sequence[str] = (),
    failed: Sequence[str] = (),
    refused: Sequence[str] = (),
) -> Ledger:
    """A ledger with these inputs, which is to be closed."""
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    ledger = Ledger(out, ["recordings"], Settings(), lambda _: None)
    jobs = {name: Job(Path(name), Outputs.of(out / name)) for name in (*done, *failed)}
    ledger.handle(Planned(tuple(jobs.values())))
    for name, job in jobs.items():
        if name not in done:
            ledger.handle(Started(job, 640, 360, "h264", 250))
    for name in done:
        ledger.handle(Skipped(jobs[name], "done"))
    for name in (*failed, *refused):
        error: VidfxError = InputError(f"{name}: is broken", hint="get it again")
        ledger.handle(Failed(name, error))
    ledger.handle(Ended((), 1.0))
    return ledger
