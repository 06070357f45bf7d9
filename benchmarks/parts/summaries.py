"""Made-up summaries of many videos, and what is measured of a command that reads them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import Run
from benchmarks.saved import Row, add_option

EMOTIONS = ("angry", "happy", "neutral", "sad")
NAMES = ("Ana", "Ben", "Chi", "Dan", "Eva", "other", "unknown")
_random = np.random.default_rng(0)
BESIDES = "x" * 6000
"""As many bytes as a summary has besides what is counted."""


def read_options(name: str, about: str | None) -> argparse.Namespace:
    """Those of ``python -m benchmarks NAME``."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=about)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--tracks", type=int, default=5, help="of each video on average")
    parser.add_argument("--appearances", type=int, default=4, help="of each track on average")
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    return parser.parse_args()


def rows_of(turns: Sequence[Run]) -> list[Row]:
    return [
        Row("wall time", "s", tuple(turn.wall_s for turn in turns), "less"),
        Row("CPU time", "s", tuple(turn.cpu_s for turn in turns), "less"),
        Row("peak memory", "MiB", tuple(turn.peak_mib for turn in turns), "less"),
    ]


def write_summaries(out: Path, options: argparse.Namespace) -> int:
    """Those of as many videos as ``options`` say in a new folder; returns how many bytes."""
    out.mkdir()
    size = 0
    for number in range(options.videos):
        text = json.dumps(_summary(number, options.tracks, options.appearances), indent=1)
        size += len(text)
        (out / f"{number:05}.mp4.summary.json").write_text(text)
    return size


def _summary(number: int, tracks: int, appearances: int) -> dict[str, object]:
    many = [_track(i + 1, appearances) for i in range(_up_to(2 * tracks + 1))]
    return {
        "schema": "vidfx.summary/2",
        "made": {"at": "2026-11-28T12:00:00+00:00", "command": "vidfx annotate"},
        "input": {"path": f"{number:05}.mp4", "width_px": 1280, "height_px": 720}
        | {"frame_rate": 25.0, "duration_s": 60.0},
        "models": [{"task": "emotion", "labels": EMOTIONS, "about": BESIDES}],
        "counts": {"frames": 1500, "frames_with_faces": 900, "face_rows": 2000, "cuts": 3},
        "seconds": {"total": 12.5},
        "tracks": many,
        "warnings": [],
    }


def _up_to(end: int) -> int:
    return int(_random.integers(end))


def _track(number: int, appearances: int) -> dict[str, object]:
    shares: list[float] = _random.random(len(EMOTIONS)).tolist()
    of = {name: round(s / sum(shares), 4) for name, s in zip(EMOTIONS, shares, strict=True)}
    count = 1 + _up_to(2 * appearances)
    return {
        "track_id": number,
        "first_s": 0.04,
        "last_s": 1.0 + _up_to(59),
        "frames": 25 * count,
        "sources": {"detected": 10 * count, "interpolated": 15 * count},
        "identity": NAMES[_up_to(len(NAMES))],
        "identity_prob": _up_to(10_000) / 10_000,
        "emotion_share": of,
        "emotion_mean": of,
        "unsure_share": 0.1,
        "unsure": {"low_confidence": 2},
        "best_quality": 0.81,
        "mean_quality": 0.42,
        "shown_s": float(count),
        "appearances": [
            {"from_s": 2.0 * i, "to_s": 2.0 * i + 1, "frames": 25, "ended": "gap"}
            for i in range(count)
        ],
    }
