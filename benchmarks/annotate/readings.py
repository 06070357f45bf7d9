"""``python -m benchmarks readings CLIP...``: labels that differ from those of reading every face.

Each clip is annotated as by default, with ``--every 1``, with ``--read every``, and with both,
which reads every face. Compared are faces on the same frame at an IoU of 0.5 or more: whether
``emotion`` is the same, empty ones too, and whether it is the same where both have one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.annotate.face_rows import Row, annotated, corners
from benchmarks.detection.recall import IOU, overlap
from benchmarks.measure import table
from vidfx.output.read_rows import Cell

EVERY_FACE = ("--every", "1", "--read", "every")
OTHERS = {"the default": (), "--every 1": ("--every", "1"), "--read every": ("--read", "every")}


def pairs(wanted: Sequence[Row], found: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Each wanted row with the one on its frame that overlaps it most, if it does enough."""
    on_frame: defaultdict[Cell, list[Row]] = defaultdict(list)
    for row in found:
        on_frame[row["frame"]].append(row)
    best = [
        (
            row,
            max(
                on_frame[row["frame"]],
                key=lambda o: overlap(corners(row), corners(o)),
                default=None,
            ),
        )
        for row in wanted
    ]
    return [(a, b) for a, b in best if b is not None and overlap(corners(a), corners(b)) >= IOU]


def agreement(both: Sequence[tuple[Row, Row]]) -> tuple[float, float]:
    """The share of pairs with the same ``emotion``, of all and of those that both have one."""
    named = [(a, b) for a, b in both if a["emotion"] and b["emotion"]]
    same = (sum(a["emotion"] == b["emotion"] for a, b in some) for some in (both, named))
    all_same, named_same = same
    return all_same / max(1, len(both)), named_same / max(1, len(named))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks readings", description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    asked = parser.parse_args()
    lines: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="vidfx-readings-") as folder:
        wanted = annotated(asked.clips, EVERY_FACE, Path(folder) / "every")
        total = sum(len(rows) for rows in wanted.values())
        for number, (name, options) in enumerate(OTHERS.items()):
            found = annotated(asked.clips, options, Path(folder) / str(number))
            of_clips = [pairs(rows, found.get(clip, ())) for clip, rows in wanted.items()]
            both = [pair for some in of_clips for pair in some]
            same, same_named = agreement(both)
            least = min((agreement(some)[0] for some in of_clips if some), default=0.0)
            read = sum(row["raw_emotion"] is not None for rows in found.values() for row in rows)
            cells = (
                f"{value:.3f}" for value in (len(both) / max(1, total), same, least, same_named)
            )
            lines.append([name, str(read), *cells])
    header = (
        *("options", "faces read", "rows found", "same `emotion`", "in the worst clip"),
        "same where both have one",
    )
    print(table(header, lines))
    print(f"{total} rows of {len(wanted)} clips with {' '.join(EVERY_FACE)}")


if __name__ == "__main__":
    main()
