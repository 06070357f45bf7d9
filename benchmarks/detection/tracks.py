"""``python -m benchmarks tracks CLIP...``: which of CenterFace's tracks the other detectors have.

The reference is ``--detector centerface --every 1``. Its tracks whose shorter side has a median of
20 px or more count; a track is found where at least half of its rows have a row on the same frame
at an IoU of 0.4 or more. Other rows are those without a row of the reference at an IoU of 0.3.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.annotate.face_rows import Box, annotated, corners
from benchmarks.detection.recall import overlap
from benchmarks.measure import table

LEAST_PX = 20.0
FOUND, SAME = 0.4, 0.3
WAYS: dict[str, tuple[str, ...]] = {
    "default": (),
    "--detector centerface": ("--detector", "centerface"),
    "--thorough": ("--thorough",),
}
Place = tuple[str, str]
"""Clip and frame, or clip and track."""
Rows = list[tuple[Place, Place, Box]]
"""Frame, track and box."""


def faces(clips: Sequence[Path], options: Sequence[str], out: Path) -> Rows:
    return [
        ((clip, str(row["frame"])), (clip, str(row["track_id"])), corners(row))
        for clip, rows in annotated(clips, (*options, "--emotion", "none"), out).items()
        for row in rows
    ]


def matched(rows: Rows, others: Rows, iou: float) -> list[bool]:
    """Whether each of ``rows`` has one of ``others`` on the same frame."""
    boxes: dict[Place, list[Box]] = defaultdict(list)
    for frame, _, box in others:
        boxes[frame].append(box)
    return [any(overlap(box, b) >= iou for b in boxes[frame]) for frame, _, box in rows]


def large_tracks(rows: Rows) -> dict[Place, list[int]]:
    """The places in ``rows`` of each track that counts."""
    places: dict[Place, list[int]] = defaultdict(list)
    for place, (_, track, _) in enumerate(rows):
        places[track].append(place)

    def side(box: Box) -> float:
        return min(box[2] - box[0], box[3] - box[1])

    return {
        track: some
        for track, some in places.items()
        if statistics.median(side(rows[place][2]) for place in some) >= LEAST_PX
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks tracks", description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    asked = parser.parse_args()
    lines: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="vidfx-tracks-") as folder:
        everything = ("--detector", "centerface", "--every", "1")
        wanted = faces(asked.clips, everything, Path(folder) / "reference")
        tracks = large_tracks(wanted)
        for number, (name, options) in enumerate(WAYS.items()):
            rows = faces(asked.clips, options, Path(folder) / str(number))
            there = matched(wanted, rows, FOUND)
            found = [sum(there[p] for p in some) >= len(some) / 2 for some in tracks.values()]
            covered = [there[p] for some in tracks.values() for p in some]
            other = matched(rows, wanted, SAME).count(False)
            lines.append(
                [
                    name,
                    f"{sum(found)} of {len(found)}",
                    f"{sum(covered) / max(1, len(covered)):.4f}",
                    str(len(rows)),
                    str(other),
                ]
            )
    print(table(["", "tracks", "their rows", "rows", "rows that the reference has not"], lines))


if __name__ == "__main__":
    main()
