"""``python -m benchmarks recall CLIP...``: faces that are lost by detecting on every Nth frame.

Each clip is annotated with ``--every 1`` and with each N; counted are the faces of the former that
the latter has on the same frame at an IoU of 0.5 or more.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import PROGRAM, run, table

IOU = 0.5
CORNERS = ("x1_px", "y1_px", "x2_px", "y2_px")
Box = tuple[float, ...]
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


def annotate(clips: Sequence[Path], every: int, out: Path) -> Faces:
    line = [*PROGRAM, "annotate", *(str(c.resolve()) for c in clips)]
    line += ["-o", str(out), "--no-video", "--emotion", "none", "--every", str(every), "--quiet"]
    out.mkdir()
    run(f"--every {every}", line, out)
    faces: Faces = defaultdict(list)
    for file in sorted(out.rglob("*.faces.csv")):
        with file.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                box = tuple(float(row[corner]) for corner in CORNERS)
                faces[file.name, row["frame"]].append(box)
    return faces


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks recall", description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--every", type=int, action="append", help="N; 0 is annotate's own choice")
    asked = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="vidfx-recall-") as folder:
        wanted = annotate(asked.clips, 1, Path(folder) / "1")
        for every in asked.every or [0, 2, 3, 5, 8]:
            found = annotate(asked.clips, every, Path(folder) / f"n{every}")
            total, overlaps, more = compare(wanted, found)
            rows.append(
                [
                    str(every) if every else "0 (its own choice)",
                    f"{len(overlaps) / max(1, total):.4f}",
                    f"{statistics.fmean(overlaps or [0]):.3f}",
                    str(more),
                    str(total),
                ]
            )
    print(table(["--every", "recall", "mean IoU", "more", "faces of every frame"], rows))


if __name__ == "__main__":
    main()
