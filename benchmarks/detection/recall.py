"""``python -m benchmarks recall CLIP...``: faces that are lost by detecting on every Nth frame.

Each clip is annotated with ``--every 1`` and with each N; counted are the faces of the former that
the latter has on the same frame at an IoU of 0.5 or more.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.annotate.face_rows import Box, annotated, corners
from benchmarks.measure import table

IOU = 0.5
Faces = dict[tuple[str, str], list[Box]]
"""By clip and frame."""


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes xyxy."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = ((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return width * height / max(1e-9, sum(areas) - width * height)


def compare(wanted: Faces, found: Faces) -> tuple[int, list[float], int]:
    """The number of wanted faces, the IoU of each found one, and the number of other faces."""
    overlaps: list[float] = []
    for place, boxes in wanted.items():
        left = list(found.get(place, ()))
        for box in boxes:
            best = max(left, key=lambda other: overlap(box, other), default=None)
            if best is not None and overlap(box, best) >= IOU:
                overlaps.append(overlap(box, best))
                left.remove(best)
    total = sum(map(len, wanted.values()))
    return total, overlaps, sum(map(len, found.values())) - len(overlaps)


def faces_of(clips: Sequence[Path], every: str, out: Path) -> Faces:
    faces: Faces = defaultdict(list)
    for clip, rows in annotated(clips, ("--emotion", "none", "--every", every), out).items():
        for row in rows:
            faces[clip, str(row["frame"])].append(corners(row))
    return faces


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks recall", description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--every", action="append", metavar="auto|N")
    asked = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="vidfx-recall-") as folder:
        wanted = faces_of(asked.clips, "1", Path(folder) / "1")
        for every in asked.every or ["auto", "2", "3", "5", "8"]:
            found = faces_of(asked.clips, every, Path(folder) / f"n{every}")
            total, overlaps, more = compare(wanted, found)
            rows.append(
                [
                    every,
                    f"{len(overlaps) / max(1, total):.4f}",
                    f"{statistics.fmean(overlaps or [0]):.3f}",
                    str(more),
                    str(total),
                ]
            )
    print(table(["--every", "recall", "mean IoU", "more", "faces of every frame"], rows))


if __name__ == "__main__":
    main()
