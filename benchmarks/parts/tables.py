"""``python -m benchmarks tables``: `vidfx tables` over the summaries of many videos."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measure import PROGRAM, machine, run
from benchmarks.saved import Row, add_option, show

EMOTIONS = ("angry", "happy", "neutral", "sad")
NAMES = ("Ana", "Ben", "Chi", "Dan", "Eva", "other", "unknown")
_random = np.random.default_rng(0)
BESIDES = "x" * 6000
"""As many bytes as a summary has besides what is counted."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks tables", description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--tracks", type=int, default=5, help="of each video on average")
    parser.add_argument("--appearances", type=int, default=4, help="of each track on average")
    parser.add_argument("--turns", type=int, default=3)
    add_option(parser)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        size = write_summaries(out, args.videos, args.tracks, args.appearances)
        turns = [
            run("tables", [*PROGRAM, "tables", str(out)], Path(folder)) for _ in range(args.turns)
        ]
    notes = [f"{args.videos} summaries of {size // args.videos} bytes on average"]
    rows = [
        Row("wall time", "s", tuple(turn.wall_s for turn in turns), "less"),
        Row("CPU time", "s", tuple(turn.cpu_s for turn in turns), "less"),
        Row("peak memory", "MiB", tuple(turn.peak_mib for turn in turns), "less"),
    ]
    show("tables", "Tables over many videos.", rows, machine(), args.save, notes)


def write_summaries(out: Path, videos: int, tracks: int, appearances: int) -> int:
    """The summaries of ``videos`` in a new folder; returns how many bytes they have."""
    out.mkdir()
    size = 0
    for number in range(videos):
        text = json.dumps(_summary(number, tracks, appearances), indent=1)
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


if __name__ == "__main__":
    sys.exit(main())
